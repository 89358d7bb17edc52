package io.drva.blobsink;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The segments between sealed and reported: hands them to uploaders, and moves the horizon when the
 * lowest is stored. Safe for use by several threads.
 *
 * <p>Why nothing is reported too early (invariant 2):
 *
 * <ol>
 *   <li>A segment enters in the order of its number, and with a number below {@code firstUnstored +
 *       W} only.
 *   <li>{@link #stored} is called for a segment only after the store said that it created exactly
 *       these bytes, or that an object exists which was then read and found to be exactly these
 *       bytes.
 *   <li>The horizon moves from one number to the next only when that number is marked stored; so it
 *       covers a segment only when that one and all before it in this term are stored, and
 *       everything before this term was when it began.
 *   <li>What the reporter takes is the newest segment below the horizon, with that segment's own
 *       LSN and host positions.
 *   <li>After {@link #stop} it takes nothing any more: being fenced or failing ends the reports.
 * </ol>
 */
final class UploadWindow {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed;
  private final Queue<SealedSegment> waiting = new ArrayDeque<>();
  private final Entry[] entries = new Entry[Format.WINDOW];
  private long firstUnstored;
  private long nextNumber;
  private Horizon horizon;
  private boolean stopped;

  private static final class Entry {
    final Horizon end;
    boolean stored;

    Entry(SealedSegment segment) {
      end = new Horizon(segment.header().lastLsn(), segment.positions());
    }
  }

  /** A point up to which everything is stored. */
  record Horizon(long lsn, HostPositions positions) {}

  /**
   * @param firstNumber the number of the term's first segment
   * @param conditions makes the conditions of locks
   */
  UploadWindow(long firstNumber, Function<Lock, Condition> conditions) {
    this.changed = conditions.apply(lock);
    this.firstUnstored = firstNumber;
    this.nextNumber = firstNumber;
  }

  /**
   * Adds the next segment, waiting for its number to be within the window.
   *
   * @return false when stopped; the segment then stays the caller's
   */
  boolean submit(SealedSegment segment) throws InterruptedException {
    lock.lock();
    try {
      long number = segment.header().number();
      if (number != nextNumber) {
        throw new IllegalStateException("segment " + number + " where " + nextNumber + " is next");
      }
      while (!stopped && number >= firstUnstored + Format.WINDOW) {
        changed.await();
      }
      if (stopped) {
        return false;
      }
      entries[slot(number)] = new Entry(segment);
      waiting.add(segment);
      nextNumber++;
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a segment to upload, waiting for one.
   *
   * @return null when stopped; else the caller's to close
   */
  SealedSegment take() throws InterruptedException {
    lock.lock();
    try {
      while (!stopped && waiting.isEmpty()) {
        changed.await();
      }
      return stopped ? null : waiting.remove();
    } finally {
      lock.unlock();
    }
  }

  /** Marks a segment as stored. See the class comment for what must be true by then. */
  void stored(long number) {
    lock.lock();
    try {
      entries[slot(number)].stored = true;
      while (firstUnstored < nextNumber && entries[slot(firstUnstored)].stored) {
        horizon = entries[slot(firstUnstored)].end;
        entries[slot(firstUnstored)] = null;
        firstUnstored++;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the horizon if it moved since the last call, waiting for that.
   *
   * @return null when stopped
   */
  Horizon awaitHorizon() throws InterruptedException {
    lock.lock();
    try {
      while (!stopped && horizon == null) {
        changed.await();
      }
      if (stopped) {
        return null;
      }
      Horizon moved = horizon;
      horizon = null;
      changed.signalAll();
      return moved;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all segments are stored and the horizon was taken.
   *
   * @return whether that is so; false when the time is up or the window stopped
   */
  boolean awaitEmpty(long timeoutNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = timeoutNanos;
      while (!stopped && left > 0 && (firstUnstored < nextNumber || horizon != null)) {
        left = changed.awaitNanos(left);
      }
      return firstUnstored == nextNumber && horizon == null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits out a pause between attempts.
   *
   * @return false when stopped meanwhile
   */
  boolean pause(long millis) throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (!stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets everyone go who waits, and gives back the buffers of segments that no uploader has taken.
   */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      waiting.forEach(SealedSegment::close);
      waiting.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The lowest number of this term that is not known to be stored. */
  long firstUnstored() {
    lock.lock();
    try {
      return firstUnstored;
    } finally {
      lock.unlock();
    }
  }

  private static int slot(long number) {
    return (int) (number % Format.WINDOW);
  }
}
