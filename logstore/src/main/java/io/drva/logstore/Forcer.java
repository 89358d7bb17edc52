package io.drva.logstore;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The group commit of one log: a thread that forces whatever has been appended since its last force
 * began, and then says so. While a force runs appends go on; they are the next batch.
 *
 * <p>Why {@code forcedLsn = n} means that every record up to n survives a power loss (invariant 1):
 *
 * <ol>
 *   <li>The writer puts a record's bytes into the file, then publishes the file's appended
 *       position, then the appended LSN (volatile writes, in this order).
 *   <li>The force thread reads the appended LSN: the target. It then sees the bytes of every record
 *       up to the target, and the file that each is in is in {@code unforced}: the writer adds a
 *       file there before it publishes the first LSN in it.
 *   <li>For each of these files, oldest first, it reads the appended position and then forces the
 *       file's channel. What Chronicle writes through its mapping is in the same page cache, so the
 *       force covers all bytes below that position.
 *   <li>For a file whose directory entry was not yet durable it then forces the run's directory and
 *       the pool's. The entries above were forced before the run's first append.
 *   <li>Only when all of this has returned without error does it publish the positions and then
 *       forcedLsn = target, under the lock that {@link #stop} takes, and only if the log was not
 *       stopped meanwhile.
 *   <li>A file leaves {@code unforced} only when it was sealed before step 3 began: nothing is
 *       appended to it any more, so step 3 covered all of it.
 *   <li>Any error, by whomever, is final: nothing is tried again, because after a failed write-back
 *       the kernel may call pages clean that never reached the disk.
 * </ol>
 */
final class Forcer implements Runnable {

  private final CyclePool pool;
  private final LongSupplier nanoClock;
  private final ForceListener listener;
  private final Runnable onForced;
  private final Consumer<Throwable> onFailure;
  private final Thread thread;

  /** Files that may hold unforced bytes, oldest first; guarded by this. */
  private final ArrayDeque<CycleFile> unforced = new ArrayDeque<>();

  /** The files of the force that is running; the force thread's own. */
  private final ArrayDeque<CycleFile> batch = new ArrayDeque<>();

  private volatile long appendedLsn;
  private volatile long forcedLsn;
  private volatile boolean waiting;
  private volatile boolean closing;
  private volatile long forces;

  /** Why the log stopped; set once, guarded by this for writing. */
  private volatile Throwable failure;

  Forcer(
      String name,
      CyclePool pool,
      VolumeOptions options,
      ForceListener listener,
      Runnable onForced,
      Consumer<Throwable> onFailure,
      long forcedLsn) {
    this.pool = pool;
    this.nanoClock = options.nanoClock();
    this.listener = listener;
    this.onForced = onForced;
    this.onFailure = onFailure;
    this.appendedLsn = forcedLsn;
    this.forcedLsn = forcedLsn;
    this.thread = options.threads().newThread(this);
    thread.setName("drva-force-" + name);
  }

  void start() {
    thread.start();
  }

  long forcedLsn() {
    return forcedLsn;
  }

  long forces() {
    return forces;
  }

  Throwable failure() {
    return failure;
  }

  /** Called by the writer before the first record of a new file is published. */
  synchronized void fileStarted(CycleFile file) {
    unforced.addLast(file);
  }

  /** Called by the writer when a record is complete. */
  void appended(long lsn) {
    appendedLsn = lsn;
    // The force thread sets waiting and then looks at appendedLsn; we do it the other way round, so
    // at least one of the two sees the other.
    if (waiting) {
      LockSupport.unpark(thread);
    }
  }

  /** Stops the log for good; the first cause counts. */
  void stop(Throwable cause) {
    synchronized (this) {
      if (failure != null) {
        return;
      }
      failure = cause;
    }
    LockSupport.unpark(thread);
  }

  /** Ends the thread once everything appended is forced, or the log is stopped. */
  void close() {
    closing = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true; // What the log holds must be let go of all the same.
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    try {
      while (awaitWork()) {
        forceOnce();
      }
    } catch (Throwable t) {
      stop(t);
    }
    Throwable cause = failure;
    if (cause != null) {
      onFailure.accept(cause);
      onForced.run();
      listener.failed(cause);
    }
  }

  /** Returns true when there is something to force, false when the thread must end. */
  private boolean awaitWork() {
    while (failure == null) {
      if (appendedLsn > forcedLsn) {
        return true;
      }
      if (closing) {
        return false;
      }
      waiting = true;
      if (appendedLsn == forcedLsn && !closing && failure == null) {
        LockSupport.park(this);
      }
      waiting = false;
    }
    return false;
  }

  private void forceOnce() throws IOException {
    listener.forcing();
    long target = appendedLsn;
    synchronized (this) {
      batch.addAll(unforced);
    }
    long start = nanoClock.getAsLong();
    int sealed = 0;
    for (CycleFile file : batch) {
      if (file.sealed) {
        sealed++;
      }
      file.forcingPosition = file.appendedPosition;
      file.force(pool);
    }
    long nanos = nanoClock.getAsLong() - start;
    publish(target, sealed);
    batch.clear();
    onForced.run();
    listener.forced(target, nanos);
  }

  private void publish(long target, int sealed) throws IOException {
    synchronized (this) {
      if (failure != null) {
        throw new LogStoppedException("stopped while a force was running", failure);
      }
      for (CycleFile file : batch) {
        file.forcedPosition = file.forcingPosition;
      }
      for (int i = 0; i < sealed; i++) {
        unforced.removeFirst().closeChannel();
      }
      forcedLsn = target;
      forces++;
    }
  }
}
