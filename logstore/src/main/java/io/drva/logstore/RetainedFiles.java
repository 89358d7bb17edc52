package io.drva.logstore;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The cycle files that a domain's log holds, oldest first: which of them readers have open, and
 * which go back to the pool. Safe for use by several threads.
 *
 * <p>What is given up, and when: released files, oldest first, so that what is retained has no hole
 * even if we crash in between. The newest file always stays, and an older one until the file after
 * it has a forced snapshot and directory entry: so at every moment a durable file says what hosts,
 * disks and LSN the log has come to.
 *
 * <p>File operations are done by one thread at a time, and without this object's lock: the writer
 * that starts a file and readers do not wait for them.
 */
final class RetainedFiles {

  private final DomainDirectory directory;
  private final Disk disk;
  private final CyclePool.Share share;

  /** Guarded by this. */
  private final ArrayDeque<CycleFile> files = new ArrayDeque<>();

  /** Held while files are moved; taken before this object's lock. */
  private final ReentrantLock recycling = new ReentrantLock();

  /** Guarded by this. */
  private long releasedLsn;

  /** The log is closed, and the files may be another's; guarded by {@link #recycling}. */
  private boolean closed;

  /** No run directory is older than this; guarded by {@link #recycling}. */
  private int oldestRun;

  RetainedFiles(
      DomainDirectory directory,
      Disk disk,
      CyclePool.Share share,
      List<CycleFile> found,
      long releasedLsn) {
    this.directory = directory;
    this.disk = disk;
    this.share = share;
    this.releasedLsn = releasedLsn;
    files.addAll(found);
  }

  synchronized void add(CycleFile file) {
    files.addLast(file);
  }

  /** The oldest LSN that is there, or {@code ifNone}. */
  synchronized long firstLsn(long ifNone) {
    return files.isEmpty() ? ifNone : files.getFirst().firstLsn;
  }

  synchronized int count() {
    return files.size();
  }

  synchronized long releasedLsn() {
    return releasedLsn;
  }

  /** Raises the released LSN; {@link #recycle} then gives up what it allows. */
  synchronized void release(long lsn) {
    releasedLsn = Math.max(releasedLsn, lsn);
  }

  /**
   * The file that holds {@code lsn}, kept until {@link #unpin}.
   *
   * @throws IllegalStateException when it was given up
   */
  synchronized CycleFile pin(long lsn) {
    for (CycleFile file : files) {
      if (lsn <= file.lastLsn) {
        if (lsn < file.firstLsn || file.leaving) {
          break;
        }
        file.pins++;
        return file;
      }
    }
    throw new IllegalStateException(
        directory.domain()
            + ": LSN "
            + lsn
            + " was released before it was read; the oldest is "
            + firstLsn(lsn));
  }

  synchronized void unpin(CycleFile file) {
    file.pins--;
  }

  /** Gives to the pool what may go. */
  void recycle() throws IOException {
    recycling.lock();
    try {
      for (CycleFile file = leaving(); file != null && !closed; file = leaving()) {
        share.recycle(file.path);
        deleteRunsBefore(removeFirst());
      }
    } finally {
      recycling.unlock();
    }
  }

  /** The oldest file if it may go: nobody can pin it any more. */
  private synchronized CycleFile leaving() {
    if (files.size() < 2) {
      return null;
    }
    Iterator<CycleFile> oldestFirst = files.iterator();
    CycleFile oldest = oldestFirst.next();
    CycleFile second = oldestFirst.next();
    if (oldest.lastLsn > releasedLsn || oldest.pins > 0 || second.forcedPosition == 0) {
      return null;
    }
    oldest.leaving = true;
    return oldest;
  }

  /** Returns the run of the file that is now the oldest. */
  private synchronized int removeFirst() {
    files.removeFirst();
    return files.getFirst().run;
  }

  private void deleteRunsBefore(int runToKeep) throws IOException {
    if (oldestRun == runToKeep) {
      return;
    }
    for (DomainDirectory.Run run : directory.runs()) {
      if (run.number() < runToKeep) {
        directory.deleteRun(disk, run);
      }
    }
    disk.forceDirectory(directory.path());
    oldestRun = runToKeep;
  }

  /** Closes the files. Nothing is given up any more, not even by a thread that is late. */
  void close() throws IOException {
    recycling.lock();
    try {
      closed = true;
      synchronized (this) {
        for (CycleFile file : files) {
          file.closeChannel();
        }
      }
    } finally {
      recycling.unlock();
    }
  }
}
