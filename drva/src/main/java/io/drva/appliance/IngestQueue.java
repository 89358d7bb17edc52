package io.drva.appliance;

import io.drva.protocol.ServerSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What the sessions of a domain hand to its log writer: bounded in bytes, in the order of arrival.
 *
 * <p>Bound: the limit, plus what each session delivers of the one socket read during which the
 * limit was reached. A session that meets a full queue stops reading its socket and is woken when
 * the queue is half empty; nothing is refused or dropped. Two arrays change places at every take,
 * so that nothing is allocated once they have grown.
 */
final class IngestQueue {
  private final LongSupplier wallMicros;
  private final List<ServerSession> paused = new ArrayList<>();
  private long limitBytes;
  private Object[] filling = new Object[1024];
  private Object[] draining = new Object[1024];
  private int count;
  private long queuedBytes;

  /** When the first item came that is in the queue, and that was taken last and is not done. */
  private long fillingSinceMicros = Long.MAX_VALUE;

  private long drainingSinceMicros = Long.MAX_VALUE;
  private boolean closed;

  IngestQueue(long limitBytes, LongSupplier wallMicros) {
    this.limitBytes = limitBytes;
    this.wallMicros = wallMicros;
  }

  /** Gives the queue another limit, which counts from now on. */
  synchronized void limit(long bytes) {
    limitBytes = bytes;
  }

  /**
   * Hands over {@code items[0..length)}, which together count {@code bytes}. Event-loop thread of
   * {@code session}.
   *
   * @return false when the queue is closed and the caller keeps the items
   */
  synchronized boolean put(ServerSession session, Object[] items, int length, long bytes) {
    if (closed) {
      return false;
    }
    if (count == 0) {
      fillingSinceMicros = wallMicros.getAsLong();
    }
    if (count + length > filling.length) {
      filling = Arrays.copyOf(filling, Math.max(filling.length * 2, count + length));
    }
    System.arraycopy(items, 0, filling, count, length);
    count += length;
    queuedBytes += bytes;
    if (isFull() && !paused.contains(session)) {
      paused.add(session);
      session.pauseReading();
    }
    notifyAll();
    return true;
  }

  synchronized boolean isFull() {
    return queuedBytes >= limitBytes;
  }

  /**
   * Waits for items and takes all of them; log writer only, when it is done with those before.
   *
   * @return how many {@link #item} now holds; 0 when the queue is closed and empty
   */
  synchronized int take() throws InterruptedException {
    drainingSinceMicros = Long.MAX_VALUE;
    while (count == 0 && !closed) {
      wait();
    }
    return drain();
  }

  /** As {@link #take}, without waiting. */
  synchronized int drain() {
    Object[] taken = filling;
    filling = draining;
    draining = taken;
    drainingSinceMicros = fillingSinceMicros;
    fillingSinceMicros = Long.MAX_VALUE;
    int taking = count;
    count = 0;
    return taking;
  }

  /** An item of the last take; the slot is cleared. */
  Object item(int index) {
    Object item = draining[index];
    draining[index] = null;
    return item;
  }

  /**
   * Says that {@code bytes} of what was taken are done with; wakes the sessions that wait once half
   * of the queue is free.
   */
  synchronized void done(long bytes) {
    queuedBytes -= bytes;
    if (!paused.isEmpty() && queuedBytes <= limitBytes / 2) {
      paused.forEach(ServerSession::resumeReading);
      paused.clear();
    }
  }

  /** The session is over: nothing of it is held but what it handed over. */
  synchronized void forget(ServerSession session) {
    paused.remove(session);
  }

  synchronized long queuedBytes() {
    return queuedBytes;
  }

  /**
   * When the oldest item came that the log writer is not done with; Long.MAX_VALUE when there is
   * none.
   */
  synchronized long oldestMicros() {
    return Math.min(fillingSinceMicros, drainingSinceMicros);
  }

  /** No more items are taken in; those inside can still be taken. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
