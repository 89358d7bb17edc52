package io.drva.blobsink;

/**
 * Where tests with randomness get it from: a new seed each run, printed, or the one given with
 * -Ddrva.seed=N.
 */
public final class Seeds {
  private Seeds() {}

  /** A seed, printed so that the run can be repeated. */
  public static long next(String test) {
    Long fixed = Long.getLong("drva.seed");
    long seed = fixed != null ? fixed : System.nanoTime();
    System.out.println(test + ": replay with -Ddrva.seed=" + seed);
    return seed;
  }
}
