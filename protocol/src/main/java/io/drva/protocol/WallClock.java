package io.drva.protocol;

import java.time.Instant;
import java.util.function.LongSupplier;

/** The machine's clock: the one place of this package that reads it. */
final class WallClock implements LongSupplier {
  @Override
  public long getAsLong() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
  }
}
