package io.drva.appliance;

/**
 * Since when a domain's log has held what is not replicated: the LSN and time of groups of records,
 * as they were appended. Safe for use by several threads; allocates nothing once made.
 *
 * <p>When it is full, newer groups count as part of the last one that it holds: the time is then
 * that of an older record, never of a newer one.
 */
final class Backlog {
  private static final int GROUPS = 4096;

  private final long[] lastLsn = new long[GROUPS];
  private final long[] firstTimeMicros = new long[GROUPS];
  private int first;
  private int count;

  /** Records up to this LSN were appended, the first of them with this time. */
  synchronized void appended(long lsn, long timeMicros) {
    if (count == GROUPS) {
      lastLsn[at(count - 1)] = lsn;
      return;
    }
    lastLsn[at(count)] = lsn;
    firstTimeMicros[at(count)] = timeMicros;
    count++;
  }

  /** Everything up to this LSN is replicated. */
  synchronized void replicated(long lsn) {
    while (count > 0 && lastLsn[first] <= lsn) {
      first = at(1);
      count--;
    }
  }

  /**
   * The time of the oldest record that is not replicated, or of one before it; Long.MAX_VALUE when
   * there is none.
   */
  synchronized long oldestTimeMicros() {
    return count == 0 ? Long.MAX_VALUE : firstTimeMicros[first];
  }

  private int at(int index) {
    return (first + index) % GROUPS;
  }
}
