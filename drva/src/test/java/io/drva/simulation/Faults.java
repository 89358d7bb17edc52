package io.drva.simulation;

import java.util.EnumMap;
import java.util.Map;

/** How often something has gone wrong, by kind. */
final class Faults {
  enum Kind {
    PROCESS_KILLED,
    POWER_CUT,
    PROCESS_STOPPED_IN_ORDER,
    PROCESS_FROZEN,
    APPLIANCE_CLONED,
    VOLUME_LOST,
    TAKEN_OVER,
    WRITE_FAILED,
    FORCE_FAILED,
    DISK_SLOW,
    LOG_FULL,
    STORE_OUTAGE,
    STORE_SLOW,
    STORE_REQUEST_FAILED,
    STORE_ANSWER_LOST,
    STORE_REQUEST_LATE,
    CONNECTION_BROKEN,
    CONNECTION_HALF_OPEN,
    NETWORK_STALLED,
    NETWORK_SLOW,
    HOST_KILLED,
    HOST_CLOSED,
    HOSTILE_PEER,
    CLOCK_JUMP
  }

  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

  void count(Kind kind) {
    counts.merge(kind, 1L, Long::sum);
  }

  long of(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  void add(Faults more) {
    more.counts.forEach((kind, count) -> counts.merge(kind, count, Long::sum));
  }

  @Override
  public String toString() {
    return counts.toString();
  }
}
