package io.drva.logstore;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is known of the records behind the damage of a log, which cannot be trusted any more.
 *
 * @param firstLsn the first LSN that is lost
 * @param lastLsnSeen the highest LSN behind the damage of which the header is intact; less than
 *     {@code firstLsn} when there is none. Later ones may have been there
 * @param recordsSeen records behind the damage of which the header is intact
 * @param lastTimeMicrosSeen the latest time of these; 0 when there is none
 * @param lastSeqsSeen the highest sequence number of these, by the number of the host
 */
public record LostRecords(
    long firstLsn,
    long lastLsnSeen,
    int recordsSeen,
    long lastTimeMicrosSeen,
    SortedMap<Integer, Long> lastSeqsSeen) {

  public LostRecords {
    lastSeqsSeen = Collections.unmodifiableSortedMap(new TreeMap<>(lastSeqsSeen));
  }
}
