package io.drva.logstore;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Remembers what a log's force thread said. */
final class RecordingListener implements ForceListener {

  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch failed = new CountDownLatch(1);
  private long forcedLsn;
  private volatile Throwable failure;
  private volatile int failures;

  @Override
  public synchronized void forced(long lsn, long forceNanos) {
    if (lsn <= forcedLsn) {
      throw new IllegalStateException("forced " + lsn + " after " + forcedLsn);
    }
    if (failure != null) {
      throw new IllegalStateException("forced " + lsn + " after a failure");
    }
    forcedLsn = lsn;
    notifyAll();
  }

  @Override
  public synchronized void failed(Throwable cause) {
    failure = cause;
    failures++;
    failed.countDown();
    notifyAll();
  }

  synchronized long forcedLsn() {
    return forcedLsn;
  }

  synchronized void awaitForced(long lsn) throws InterruptedException {
    while (forcedLsn < lsn) {
      if (failure != null) {
        throw new IllegalStateException("failed before LSN " + lsn + " was forced", failure);
      }
      wait(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }
  }

  Throwable awaitFailure() throws InterruptedException {
    if (!failed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no failure was reported");
    }
    return failure;
  }

  int failures() {
    return failures;
  }
}
