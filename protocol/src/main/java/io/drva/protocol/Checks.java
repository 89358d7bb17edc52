package io.drva.protocol;

/** Argument checks that name the argument and its limits. */
final class Checks {
  private Checks() {}

  static void range(String what, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          what + " must be from " + min + " to " + max + ", not " + value);
    }
  }
}
