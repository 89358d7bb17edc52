package io.drva.demo;

/** The writes that one host makes, one after the other. Used by one thread. */
public interface WriteSource {
  /** What a write does to its extent. */
  enum Kind {
    WRITE,
    ZERO,
    DISCARD
  }

  /** Goes to the next write; false when there is none. */
  boolean next();

  Kind kind();

  /** Index of the disk among the host's. */
  int disk();

  long offsetBytes();

  int lengthBytes();

  /** When the write is due, in microseconds since the start; 0 for at once. */
  long dueMicros();
}
