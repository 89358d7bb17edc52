package io.drva.protocol;

import java.util.random.RandomGenerator;

/**
 * Delays between attempts to connect: they double up to a limit, and of each up to half is taken
 * off at random, so that the hosts of a DRVA that restarts do not all come back at once. Used on
 * the client's event loop.
 */
final class ReconnectDelay {
  private final int minMs;
  private final int maxMs;
  private final RandomGenerator random;
  private int attempts;
  private long ceilingMs;

  ReconnectDelay(int minMs, int maxMs, RandomGenerator random) {
    this.minMs = minMs;
    this.maxMs = maxMs;
    this.random = random;
    this.ceilingMs = minMs;
  }

  /** Delays handed out since the last session that lasted. */
  int attempts() {
    return attempts;
  }

  /** The delay before the next attempt. */
  long nextMs() {
    attempts++;
    long delayMs = ceilingMs - random.nextLong(ceilingMs / 2 + 1);
    ceilingMs = Math.min(maxMs, ceilingMs * 2);
    return delayMs;
  }

  /** A session lasted: the next delay is the shortest again. */
  void reset() {
    attempts = 0;
    ceilingMs = minMs;
  }
}
