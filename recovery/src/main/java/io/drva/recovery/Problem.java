package io.drva.recovery;

/**
 * Something that is wrong with a container.
 *
 * @param object the object's name
 * @param position offset in it, bytes; -1 when no place can be named
 * @param what what is wrong
 */
public record Problem(String object, long position, String what) {
  @Override
  public String toString() {
    return object + (position < 0 ? "" : " at " + position) + ": " + what;
  }
}
