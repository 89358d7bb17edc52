package io.drva.logstore;

import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * What an open volume uses of its process.
 *
 * @param nanoClock measures how long forces take
 * @param conditions makes the conditions of locks: what time is when a thread waits for a while
 * @param threads makes threads
 */
public record VolumeOptions(
    LongSupplier nanoClock, Function<Lock, Condition> conditions, ThreadFactory threads) {

  public VolumeOptions {
    Objects.requireNonNull(nanoClock, "nanoClock");
    Objects.requireNonNull(conditions, "conditions");
    Objects.requireNonNull(threads, "threads");
  }

  /** The system's time and threads. */
  public static VolumeOptions defaults() {
    return new VolumeOptions(
        SystemDisk::nanoTime, Lock::newCondition, Thread.ofPlatform().daemon().factory());
  }
}
