package io.drva.logstore;

import java.util.Random;

/** The seed of a randomized test: printed, and replayed with {@code -Ddrva.seed=N}. */
final class Seeds {

  private Seeds() {}

  static Random random(String test) {
    return new Random(seed(test));
  }

  static long seed(String test) {
    long seed = Long.getLong("drva.seed", System.nanoTime());
    System.out.println(test + ": -Ddrva.seed=" + seed);
    return seed;
  }
}
