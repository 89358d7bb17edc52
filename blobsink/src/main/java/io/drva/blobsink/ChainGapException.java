package io.drva.blobsink;

/** A chain object is missing. The message says which, and up to which LSN the chain is intact. */
public final class ChainGapException extends CorruptObjectException {
  private static final long serialVersionUID = 1;

  private final boolean certain;

  public ChainGapException(Container container, ChainGap gap) {
    super(container.location(), gap.missing(), -1, gap.describe(), gap.intactLsn());
    this.certain = gap.certain();
  }

  /** Whether the object was certainly stored once. */
  public boolean certain() {
    return certain;
  }
}
