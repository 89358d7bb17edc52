package io.drva.blobsink;

/**
 * Hears what a shipper achieves. {@link #replicated} and {@link #failed} are called by one thread,
 * in order.
 */
public interface ShipperListener {
  /**
   * Every record up to an LSN is in the store, in the chain, under this owner's epoch. Cumulative:
   * not every segment is reported on its own. Must not throw.
   *
   * @param lsn never lower than before
   * @param positions where every host is at that LSN
   */
  void replicated(long lsn, HostPositions positions);

  /**
   * The shipper stopped for good and reports nothing further.
   *
   * @param cause a {@link FencedException} when another owner took the chain over
   */
  void failed(Exception cause);

  /**
   * A segment was stored, though perhaps not all before it. Called by upload threads, several at a
   * time. Must not throw.
   *
   * @param objectBytes the object's length
   * @param putNanos how long the successful attempt took
   */
  default void stored(long number, long objectBytes, long putNanos) {}
}
