package io.drva.appliance;

import io.drva.protocol.ServerSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();

  // Guarded by the lock.
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
  void limit(long bytes) {
    lock.lock();
    try {
      limitBytes = bytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands over {@code items[0..length)}, which together count {@code bytes}. Event-loop thread of
   * {@code session}.
   *
   * @return false when the queue is closed and the caller keeps the items
   */
  boolean put(ServerSession session, Object[] items, int length, long bytes) {
    lock.lock();
    try {
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
      arrived.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  boolean isFull() {
    lock.lock();
    try {
      return queuedBytes >= limitBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for items and takes all of them; log writer only, when it is done with those before.
   *
   * @return how many {@link #item} now holds; 0 when the queue is closed and empty
   */
  int take() throws InterruptedException {
    lock.lock();
    try {
      drainingSinceMicros = Long.MAX_VALUE;
      while (count == 0 && !closed) {
        arrived.await();
      }
      return drain();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #take}, without waiting. */
  int drain() {
    lock.lock();
    try {
      Object[] taken = filling;
      filling = draining;
      draining = taken;
      drainingSinceMicros = fillingSinceMicros;
      fillingSinceMicros = Long.MAX_VALUE;
      int taking = count;
      count = 0;
      return taking;
    } finally {
      lock.unlock();
    }
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
  void done(long bytes) {
    lock.lock();
    try {
      queuedBytes -= bytes;
      if (!paused.isEmpty() && queuedBytes <= limitBytes / 2) {
        paused.forEach(ServerSession::resumeReading);
        paused.clear();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The session is over: nothing of it is held but what it handed over. */
  void forget(ServerSession session) {
    lock.lock();
    try {
      paused.remove(session);
    } finally {
      lock.unlock();
    }
  }

  long queuedBytes() {
    lock.lock();
    try {
      return queuedBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * When the oldest item came that the log writer is not done with; Long.MAX_VALUE when there is
   * none.
   */
  long oldestMicros() {
    lock.lock();
    try {
      return Math.min(fillingSinceMicros, drainingSinceMicros);
    } finally {
      lock.unlock();
    }
  }

  /** No more items are taken in; those inside can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }
}
