package io.drva.logstore;

import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How to open a volume.
 *
 * @param sizeBytes the budget: all cycle files together never take more blocks than this. May be
 *     larger than at the last opening; may be smaller as long as what is retained still fits
 * @param cycleBytes one cycle file's share of the budget; fixed when the volume is created
 * @param nanoClock measures how long forces take
 * @param conditions makes the conditions of locks: what time is when a thread waits for a while
 * @param threads begins a thread
 */
public record VolumeOptions(
    long sizeBytes,
    int cycleBytes,
    LongSupplier nanoClock,
    Function<Lock, Condition> conditions,
    Supplier<Thread.Builder> threads) {

  public VolumeOptions {
    Objects.requireNonNull(nanoClock, "nanoClock");
    Objects.requireNonNull(conditions, "conditions");
    Objects.requireNonNull(threads, "threads");
    if (cycleBytes < LogLimits.CYCLE_BYTES_MIN || cycleBytes > LogLimits.CYCLE_BYTES_MAX) {
      throw new IllegalArgumentException(
          "cycleBytes "
              + cycleBytes
              + " is outside "
              + LogLimits.CYCLE_BYTES_MIN
              + " to "
              + LogLimits.CYCLE_BYTES_MAX);
    }
    if (cycleBytes % SystemDisk.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          "cycleBytes " + cycleBytes + " is not a multiple of " + SystemDisk.BLOCK_BYTES);
    }
    if (sizeBytes < (long) LogLimits.CYCLES_MIN * cycleBytes) {
      throw new IllegalArgumentException(
          "sizeBytes "
              + sizeBytes
              + " is too small: at least "
              + LogLimits.CYCLES_MIN
              + " cycle files of "
              + cycleBytes
              + " bytes must fit");
    }
  }

  /** The given budget in files of {@link LogLimits#CYCLE_BYTES_DEFAULT}, and the system's time. */
  public static VolumeOptions of(long sizeBytes) {
    return of(sizeBytes, LogLimits.CYCLE_BYTES_DEFAULT);
  }

  public static VolumeOptions of(long sizeBytes, int cycleBytes) {
    return new VolumeOptions(
        sizeBytes,
        cycleBytes,
        SystemDisk::nanoTime,
        Lock::newCondition,
        () -> Thread.ofPlatform().daemon());
  }

  int cyclesMax() {
    return Math.toIntExact(Math.min(sizeBytes / cycleBytes, Integer.MAX_VALUE));
  }
}
