package io.drva.logstore;

import java.util.Map;
import java.util.TreeMap;

/** What the runs of a campaign have met. */
final class PowerCutTally {

  private final Map<String, Integer> byPlace = new TreeMap<>();
  private final Map<String, Integer> byMoment = new TreeMap<>();
  private final Map<String, Integer> byPhase = new TreeMap<>();
  private int cuts;
  private int kills;
  private long forced;
  private long recoveries;
  private long kept;
  private long lost;

  /** A life has ended. */
  void ended(
      boolean killed,
      PowerCutRun.Phase phase,
      PowerCutDisk.Operation operation,
      PowerCutDisk.Moment moment) {
    if (killed) {
      kills++;
    } else {
      cuts++;
    }
    byPhase.merge(operation == null ? "between steps" : phase.name(), 1, Integer::sum);
    if (operation != null) {
      byMoment.merge(operation + " " + moment, 1, Integer::sum);
      byPlace.merge(operation + " in " + DiskCaller.name(), 1, Integer::sum);
    }
  }

  /** A log was opened and found good. */
  void recovered(long mustBeThere, long keptBesides, long lostUnforced) {
    recoveries++;
    forced += mustBeThere;
    kept += keptBesides;
    lost += lostUnforced;
  }

  int cuts() {
    return cuts;
  }

  @Override
  public String toString() {
    return String.format(
            "%,d power cuts, %,d kills; %,d logs recovered, in which %,d records had to be and were;"
                + " of those that were not forced %,d were kept and %,d not",
            cuts, kills, recoveries, forced, kept, lost)
        + listed("The power failed or the process died", byPhase)
        + listed("at", byMoment)
        + listed("at", byPlace);
  }

  private static String listed(String title, Map<String, Integer> counts) {
    StringBuilder text = new StringBuilder("\n\n").append(title);
    counts.forEach((key, count) -> text.append(String.format("%n%,8d  %s", count, key)));
    return text.toString();
  }
}
