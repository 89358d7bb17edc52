package io.drva.blobsink;

import java.io.IOException;

/**
 * An object is not what the format says it must be: damaged, truncated, swapped, or missing from
 * the chain.
 */
public class CorruptObjectException extends IOException {
  private static final long serialVersionUID = 1;
  private static final long UNKNOWN = -1;

  private final String container;
  private final String object;
  private final long position;
  private final String what;
  private final long intactLsn;

  /**
   * Says where and what.
   *
   * @param container the container's location
   * @param object the object's name
   * @param position offset in the object where it was found, bytes, or -1
   * @param what what is wrong
   */
  public CorruptObjectException(String container, String object, long position, String what) {
    this(container, object, position, what, UNKNOWN);
  }

  CorruptObjectException(
      String container, String object, long position, String what, long intactLsn) {
    super(
        container
            + "/"
            + object
            + (position < 0 ? "" : " at " + position)
            + ": "
            + what
            + hint(intactLsn));
    this.container = container;
    this.object = object;
    this.position = position;
    this.what = what;
    this.intactLsn = intactLsn;
  }

  private static String hint(long intactLsn) {
    if (intactLsn == UNKNOWN) {
      return "";
    }
    return intactLsn == 0
        ? "; no position before it can be recovered"
        : "; it is needed for positions after LSN "
            + intactLsn
            + " only: recover to that one or an earlier one, or one disk at a time";
  }

  /** The same, with the last LSN that can be recovered without the object. */
  public final CorruptObjectException withIntactLsn(long lsn) {
    if (intactLsn != UNKNOWN) {
      return this;
    }
    CorruptObjectException hinted =
        new CorruptObjectException(container, object, position, what, lsn);
    hinted.initCause(this);
    return hinted;
  }

  public final String object() {
    return object;
  }

  /** Offset in the object, bytes, or -1 when no place can be named. */
  public final long position() {
    return position;
  }

  /** What is wrong, without the place. */
  public final String what() {
    return what;
  }

  /**
   * The last LSN that can be recovered without the object; -1 when that is not known, 0 when there
   * is none.
   */
  public final long intactLsn() {
    return intactLsn;
  }
}
