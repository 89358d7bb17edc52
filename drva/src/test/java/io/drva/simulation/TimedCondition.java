package io.drva.simulation;

import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * A condition whose timed waits are on a scheduler's time: when the time is over, a thread comes
 * and signals.
 */
@SuppressWarnings("WaitNotInLoop") // Who waits here does.
final class TimedCondition implements Condition {
  private final Scheduler scheduler;
  private final Scheduler.SimulatedProcess process;
  private final Lock lock;
  private final Condition condition;

  TimedCondition(Scheduler scheduler, Scheduler.SimulatedProcess process, Lock lock) {
    this.scheduler = scheduler;
    this.process = process;
    this.lock = lock;
    this.condition = lock.newCondition();
  }

  @Override
  public void await() throws InterruptedException {
    condition.await();
  }

  @Override
  public void awaitUninterruptibly() {
    condition.awaitUninterruptibly();
  }

  @Override
  public long awaitNanos(long timeoutNanos) throws InterruptedException {
    long deadline = scheduler.nanos() + timeoutNanos;
    Scheduler.Timer timer =
        scheduler.after(timeoutNanos, () -> process.start("timeout", this::signalAllLocked));
    try {
      condition.await();
    } finally {
      timer.cancel();
    }
    return deadline - scheduler.nanos();
  }

  private void signalAllLocked() {
    lock.lock();
    try {
      condition.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean await(long time, TimeUnit unit) throws InterruptedException {
    return awaitNanos(unit.toNanos(time)) > 0;
  }

  @Override
  public boolean awaitUntil(Date deadline) {
    throw new UnsupportedOperationException("the wall clock jumps");
  }

  @Override
  public void signal() {
    condition.signal();
    scheduler.mayYield();
  }

  @Override
  public void signalAll() {
    condition.signalAll();
    scheduler.mayYield();
  }
}
