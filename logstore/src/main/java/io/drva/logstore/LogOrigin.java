package io.drva.logstore;

import java.util.List;

/**
 * What a log that is new to a volume goes on from.
 *
 * @param lastLsn the LSN before its first
 * @param lastTimeMicros the latest time of any record up to there; 0 when there is none
 * @param hosts the hosts as of there
 * @param disks the disks as of there
 */
public record LogOrigin(
    long lastLsn, long lastTimeMicros, List<HostState> hosts, List<DiskState> disks) {

  /** Nothing: LSNs start at 1. */
  public static final LogOrigin NONE = new LogOrigin(0, 0, List.of(), List.of());

  public LogOrigin {
    hosts = List.copyOf(hosts);
    disks = List.copyOf(disks);
  }
}
