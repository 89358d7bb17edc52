package io.drva.blobsink;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Keeps what a shipper reports, and waits for it. */
public final class TestListener implements ShipperListener {
  private static final long PATIENCE_SECONDS = 60;

  /** One report. */
  public record Report(long lsn, HostPositions positions) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Report> reports = new ArrayList<>();
  private final CompletableFuture<Exception> failure = new CompletableFuture<>();

  @Override
  public void replicated(long lsn, HostPositions positions) {
    lock.lock();
    try {
      reports.add(new Report(lsn, positions));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void failed(Exception cause) {
    failure.complete(cause);
  }

  /** Returns when an LSN is replicated. */
  public void awaitReplicated(long lsn) throws InterruptedException {
    lock.lock();
    try {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (lastLsn() < lsn) {
        if (System.nanoTime() > deadline || failure.isDone()) {
          throw new AssertionError(
              "LSN " + lsn + " is not replicated, only " + lastLsn() + "; failure: " + failure);
        }
        changed.await(1, TimeUnit.SECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  public Exception awaitFailure() throws InterruptedException {
    try {
      return failure.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("no failure was reported", e);
    }
  }

  private long lastLsn() {
    return reports.isEmpty() ? 0 : reports.getLast().lsn();
  }

  public List<Report> reports() {
    lock.lock();
    try {
      return List.copyOf(reports);
    } finally {
      lock.unlock();
    }
  }
}
