package io.drva.appliance;

import io.drva.protocol.ServerSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the sessions of a domain hand to its log writer: bounded in bytes, in the order of arrival.
 *
 * <p>Bound: {@code limitBytes} plus what each session delivers of the one socket read during which
 * the limit was reached. A session that meets a full queue stops reading its socket and is woken
 * when the queue is half empty; nothing is refused or dropped. Two arrays change places at every
 * take, so that nothing is allocated once they have grown.
 */
final class IngestQueue {
  private final long limitBytes;
  private final List<ServerSession> paused = new ArrayList<>();
  private Object[] filling = new Object[1024];
  private Object[] draining = new Object[1024];
  private int count;
  private long queuedBytes;
  private boolean closed;

  IngestQueue(long limitBytes) {
    this.limitBytes = limitBytes;
  }

  /**
   * Hands over {@code items[0..length)}, which together count {@code bytes}. Event-loop thread of
   * {@code session}.
   *
   * @return false when the queue is closed and the caller keeps the items
   */
  boolean put(ServerSession session, Object[] items, int length, long bytes) {
    synchronized (this) {
      if (closed) {
        return false;
      }
      if (count + length > filling.length) {
        filling = Arrays.copyOf(filling, Math.max(filling.length * 2, count + length));
      }
      System.arraycopy(items, 0, filling, count, length);
      count += length;
      queuedBytes += bytes;
      if (queuedBytes >= limitBytes && !paused.contains(session)) {
        paused.add(session);
        session.pauseReading();
      }
      notifyAll();
      return true;
    }
  }

  /**
   * Waits for items and takes all of them; log writer only.
   *
   * @return how many {@link #item} now holds; 0 when the queue is closed and empty
   */
  synchronized int take() throws InterruptedException {
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

  /** No more items are taken in; those inside can still be taken. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }
}
