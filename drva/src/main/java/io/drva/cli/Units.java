package io.drva.cli;

import java.util.Locale;

/** Numbers for people. */
final class Units {
  private Units() {}

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String millis(double millis) {
    return millis >= 1000
        ? String.format(Locale.ROOT, "%.2f s", millis / 1000)
        : String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : "%.0f ms", millis);
  }

  static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.2f s", seconds);
  }
}
