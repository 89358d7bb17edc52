package io.drva.appliance;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Where time, threads and chance come from.
 *
 * @param nanos a monotonic clock, for durations
 * @param wallMicros microseconds since 1970-01-01T00:00Z
 * @param conditions makes the conditions of locks: their timed waits go by {@code nanos}
 * @param threads makes threads
 * @param random for jitter; used by several threads
 */
public record Platform(
    LongSupplier nanos,
    LongSupplier wallMicros,
    Function<Lock, Condition> conditions,
    ThreadFactory threads,
    RandomGenerator random) {
  public static final Platform SYSTEM =
      new Platform(
          System::nanoTime,
          () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()),
          Lock::newCondition,
          Thread.ofPlatform().daemon().factory(),
          () -> ThreadLocalRandom.current().nextLong());

  /** Does nothing for so long. */
  void pause(long nanosToWait) throws InterruptedException {
    Lock lock = new ReentrantLock();
    Condition never = conditions.apply(lock);
    lock.lock();
    try {
      long left = nanosToWait;
      while (left > 0) {
        left = never.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
