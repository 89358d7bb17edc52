package io.drva.appliance;

import io.drva.protocol.ServerSession;

/**
 * How far the frames of one connection have come: received (event loop), appended (log writer),
 * forced (force thread). Each field has one writing thread.
 */
final class SessionProgress {
  private static final int MARKS = 1024;

  private final ServerSession session;
  private final HostSlot slot;

  // The frame that is being appended: its sequence number and the LSN that it gets. The log writer
  // writes first the LSN and then the
  // number, just before it appends; the force thread reads them the other way round. So a number
  // that was read belongs to the LSN
  // that was read, or to an earlier one.
  private volatile long appendingLsn;
  private volatile long appendingSeq;

  /** Force thread: the frame that was being appended when the force began. */
  private long forcingSeq;

  private long forcingLsn;

  // When whole socket reads came: the sequence number that ended the read, and the time. Event loop
  // writes, force thread reads. A full
  // ring drops marks, which thins the sample of latencies and nothing else.
  private final long[] markSeq = new long[MARKS];
  private final long[] markNanos = new long[MARKS];
  private volatile int marksWritten;
  private volatile int marksRead;

  SessionProgress(ServerSession session, HostSlot slot) {
    this.session = session;
    this.slot = slot;
  }

  ServerSession session() {
    return session;
  }

  HostSlot slot() {
    return slot;
  }

  /** Event loop: a socket read that ended with this frame was handed over. */
  void received(long seq, long nowNanos) {
    int at = marksWritten;
    if (at - marksRead < MARKS) {
      markSeq[at & (MARKS - 1)] = seq;
      markNanos[at & (MARKS - 1)] = nowNanos;
      marksWritten = at + 1;
    }
  }

  /**
   * Log writer: the frame with this number is appended next and gets this LSN. All frames before it
   * are in the log.
   */
  void appending(long seq, long lsn) {
    appendingLsn = lsn;
    appendingSeq = seq;
  }

  /** Force thread, before the log chooses what the next force covers. */
  void forcing() {
    forcingSeq = appendingSeq;
    forcingLsn = appendingLsn;
  }

  /**
   * Force thread, after a force returned without error: acknowledges what it covers.
   *
   * <ol>
   *   <li>The frame that was being appended when the force began is covered if its LSN is.
   *   <li>The frame before that one was in the log before the force chose its LSN, so it is covered
   *       in any case.
   *   <li>The frame that is being appended now is covered if its LSN is. If it is not, another
   *       force follows that covers it, and no acknowledgement is forgotten.
   * </ol>
   */
  void forced(long forcedLsn, long nowNanos, DomainMetrics metrics) {
    long loggedSeq = forcingLsn <= forcedLsn ? forcingSeq : forcingSeq - 1;
    long nowSeq = appendingSeq;
    if (appendingLsn <= forcedLsn) {
      loggedSeq = nowSeq;
    }
    session.logged(loggedSeq);
    int read = marksRead;
    while (read != marksWritten && markSeq[read & (MARKS - 1)] <= loggedSeq) {
      metrics.ackLatency(nowNanos - markNanos[read & (MARKS - 1)]);
      read++;
    }
    marksRead = read;
  }
}
