package io.drva.recovery;

/** Which position to recover to. */
public sealed interface RecoveryTarget {
  /** The end of the chain. Refused when objects exist beyond a missing one. */
  record Latest() implements RecoveryTarget {}

  /** A position, which the chain must have. */
  record AtLsn(long lsn) implements RecoveryTarget {}

  /** The last position that is not after a time, microseconds since 1970. */
  record AtTime(long timeMicros) implements RecoveryTarget {}
}
