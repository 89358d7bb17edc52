package io.drva.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times for people and for {@code --at}. */
final class Times {
  private Times() {}

  /** ISO 8601 in UTC, to the microsecond; "-" for 0. */
  static String of(long micros) {
    return micros == 0 ? "-" : Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
  }
}
