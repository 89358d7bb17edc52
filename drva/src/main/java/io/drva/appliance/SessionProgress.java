package io.drva.appliance;

import io.drva.protocol.ServerSession;
import java.util.function.LongConsumer;

/**
 * How far the frames of one connection have come: received (event loop), appended and handed over
 * (log writer), forced (force thread). Each field has one writing thread.
 */
final class SessionProgress {
  private static final int MARKS = 1024;

  private final ServerSession session;
  private final HostSlot slot;
  private final LongConsumer logged;

  // Log writer: the last frame that was appended, and its LSN.
  private long appendedSeq;
  private long appendedLsn;

  // The last frame that is in its file, and its LSN. The log writer writes first the LSN and then
  // the number; the force thread reads them the other way round. So the LSN that was read is that
  // of the number that was read, or a later one.
  private volatile long handedOverLsn;
  private volatile long handedOverSeq;

  // Force thread: what was handed over when the force began.
  private long forcingSeq;
  private long forcingLsn;

  // When whole socket reads came: the sequence number that ended the read, and the time. Event loop
  // writes, force thread reads. A full ring drops marks, which thins the sample of latencies and
  // nothing else.
  private long[] markSeq;
  private long[] markNanos;
  private volatile int marksWritten;
  private volatile int marksRead;

  /**
   * Where the host's incarnation begins in the log. What the chain says of the incarnation counts
   * for this connection once the chain has come this far: a host may go back to an incarnation that
   * it had left, and then the same numbers stand for other writes. Log writer, before it is given
   * to the force thread.
   */
  private long attachedLsn;

  SessionProgress(ServerSession session, HostSlot slot) {
    this(session, slot, session::logged);
  }

  /**
   * @param logged is told what is logged, cumulatively
   */
  SessionProgress(ServerSession session, HostSlot slot, LongConsumer logged) {
    this.session = session;
    this.slot = slot;
    this.logged = logged;
  }

  ServerSession session() {
    return session;
  }

  HostSlot slot() {
    return slot;
  }

  long attachedLsn() {
    return attachedLsn;
  }

  /** Event loop: a socket read that ended with this frame was handed to the log writer. */
  void received(long seq, long nowNanos) {
    int at = marksWritten;
    if (at - marksRead < MARKS) {
      markSeq[at & (MARKS - 1)] = seq;
      markNanos[at & (MARKS - 1)] = nowNanos;
      marksWritten = at + 1;
    }
  }

  /**
   * Log writer: the connection goes on from this frame.
   *
   * @param lsn where the log is
   * @param incarnationLsn where the host's incarnation begins in it
   */
  void attached(long loggedSeq, long lsn, long incarnationLsn) {
    appendedSeq = loggedSeq;
    appendedLsn = lsn;
    attachedLsn = incarnationLsn;
    markSeq = new long[MARKS];
    markNanos = new long[MARKS];
    handOver();
  }

  /**
   * Log writer: the frame was appended.
   *
   * @return whether it is the first since the last {@link #handOver}
   */
  boolean appended(long seq, long lsn) {
    boolean first = appendedSeq == handedOverSeq;
    appendedSeq = seq;
    appendedLsn = lsn;
    return first;
  }

  /** Log writer: all that was appended is in its file, and is handed to the force thread next. */
  void handOver() {
    handedOverLsn = appendedLsn;
    handedOverSeq = appendedSeq;
  }

  /** Force thread, before the log chooses what the next force covers. */
  void forcing() {
    forcingSeq = handedOverSeq;
    forcingLsn = handedOverLsn;
  }

  /**
   * Force thread, after a force returned without error: acknowledges what it covers.
   *
   * <ol>
   *   <li>A frame is covered if an LSN is that is its own or a later one. So what was handed over
   *       when the force began, or is by now, may be acknowledged if its LSN is covered.
   *   <li>Let the force cover a connection's last frame. Then the frame was handed over before the
   *       log chose what to cover, and it is what has been handed over by now: it is acknowledged.
   *   <li>Let a newer frame have been handed over by now that is not covered. The log writer tells
   *       the force thread of it, another force follows, and the same holds there. So no
   *       acknowledgement is forgotten.
   *   <li>While frames keep coming, what was handed over when the force began is acknowledged.
   * </ol>
   */
  void forced(long forcedLsn, long nowNanos, DomainMetrics metrics) {
    long newestSeq = handedOverSeq;
    boolean newestIsCovered = handedOverLsn <= forcedLsn;
    if (!newestIsCovered && forcingLsn > forcedLsn) {
      return;
    }
    long loggedSeq = newestIsCovered ? newestSeq : forcingSeq;
    logged.accept(loggedSeq);
    int read = marksRead;
    while (read != marksWritten && markSeq[read & (MARKS - 1)] <= loggedSeq) {
      metrics.ackLatency(nowNanos - markNanos[read & (MARKS - 1)]);
      read++;
    }
    marksRead = read;
  }
}
