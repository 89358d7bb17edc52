package io.drva.appliance;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/**
 * Where time comes from.
 *
 * @param nanos a monotonic clock, for durations
 * @param wallMicros microseconds since 1970-01-01T00:00Z
 */
public record Clocks(LongSupplier nanos, LongSupplier wallMicros) {
  public static final Clocks SYSTEM =
      new Clocks(System::nanoTime, () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
}
