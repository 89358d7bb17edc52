package io.drva.appliance;

import io.drva.protocol.ServerSession;

/**
 * How far the frames of one connection have come: received (event loop), appended (log writer), forced (force thread). Each field has one
 * writing thread.
 */
final class SessionProgress {
  private static final int MARKS = 1024;

  private final ServerSession session;
  private final HostSlot slot;

  /** The last sequence number in the log; log writer writes, force thread reads. */
  private volatile long appendedSeq;

  /** Force thread: what the force in progress covers for certain. */
  private long forcingSeq;

  // When whole socket reads came: the sequence number that ended the read, and the time. Event loop writes, force thread reads. A full
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

  /** Log writer: the frame is in the log. */
  void appended(long seq) {
    appendedSeq = seq;
  }

  /** Force thread, before the log chooses what the next force covers: remembers what is appended now. */
  void forcing() {
    forcingSeq = appendedSeq;
  }

  /** Force thread, after that force returned without error. */
  void forced(long nowNanos, DomainMetrics metrics) {
    session.logged(forcingSeq);
    int read = marksRead;
    while (read != marksWritten && markSeq[read & (MARKS - 1)] <= forcingSeq) {
      metrics.ackLatency(nowNanos - markNanos[read & (MARKS - 1)]);
      read++;
    }
    marksRead = read;
  }
}
