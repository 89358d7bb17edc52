package io.drva.protocol;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Randomness of the property-based tests. Each run prints its seed; {@code -Ddrva.seed=N} replays
 * it.
 */
final class Seeds {
  private Seeds() {}

  static RandomGenerator random(String test) {
    long seed = Long.getLong("drva.seed", System.nanoTime());
    System.out.println(test + ": -Ddrva.seed=" + seed);
    return create(seed);
  }

  /** A generator of its own for another thread, decided by this one. */
  static RandomGenerator fork(RandomGenerator random) {
    return create(random.nextLong());
  }

  private static RandomGenerator create(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }
}
