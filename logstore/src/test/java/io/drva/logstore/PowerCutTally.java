package io.drva.logstore;

import java.security.CodeSource;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the runs of a campaign have met. */
final class PowerCutTally {

  /** Where the log store's classes are, and not the tests'. */
  private static final CodeSource LOG_STORE = LogVolume.class.getProtectionDomain().getCodeSource();

  /** Methods that do what their caller wants. */
  private static final Set<String> HANDED_ON =
      Set.of(
          "CycleFile.force",
          "CycleFile.write",
          "CycleFile.zeroHead",
          "CyclePool.forceDirectory",
          "DomainDirectory.force");

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
      byPlace.merge(operation + " in " + caller(), 1, Integer::sum);
    }
  }

  /** The method of the log store that wants something of the disk. */
  static String caller() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(
            frames ->
                frames
                    .filter(frame -> isOfTheLogStore(frame.getDeclaringClass()))
                    .map(
                        frame ->
                            frame.getDeclaringClass().getSimpleName() + "." + frame.getMethodName())
                    .filter(method -> !HANDED_ON.contains(method))
                    .findFirst()
                    .orElseThrow());
  }

  private static boolean isOfTheLogStore(Class<?> type) {
    return type.getPackage().equals(LogVolume.class.getPackage())
        && LOG_STORE.equals(type.getProtectionDomain().getCodeSource());
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
    StringBuilder text = new StringBuilder();
    text.append("power cuts ").append(cuts).append(", kills ").append(kills);
    text.append(", logs recovered ").append(recoveries);
    text.append(", records that had to be there ").append(forced);
    text.append(", unforced records kept ").append(kept).append(", not kept ").append(lost);
    append(text, "while", byPhase);
    append(text, "at", byMoment);
    append(text, "at", byPlace);
    return text.toString();
  }

  private static void append(StringBuilder text, String what, Map<String, Integer> counts) {
    counts.forEach(
        (key, count) ->
            text.append('\n').append(what).append(' ').append(key).append(": ").append(count));
  }
}
