package io.drva.blobsink;

import java.io.IOException;

/**
 * An object is not what the format says it must be: damaged, truncated, swapped, or missing from
 * the chain.
 */
public class CorruptObjectException extends IOException {
  private static final long serialVersionUID = 1;

  private final String object;
  private final long position;

  /**
   * Says where and what.
   *
   * @param container the container's location
   * @param object the object's name
   * @param position offset in the object where it was found, bytes, or -1
   * @param what what is wrong
   */
  public CorruptObjectException(String container, String object, long position, String what) {
    super(container + "/" + object + (position < 0 ? "" : " at " + position) + ": " + what);
    this.object = object;
    this.position = position;
  }

  public final String object() {
    return object;
  }

  /** Offset in the object, bytes, or -1 when no place can be named. */
  public final long position() {
    return position;
  }
}
