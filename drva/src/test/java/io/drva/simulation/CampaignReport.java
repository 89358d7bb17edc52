package io.drva.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What many simulations came to, for the record. */
final class CampaignReport {
  private final long beganNanos = System.nanoTime();
  private final long firstSeed;
  private final Faults faults = new Faults();
  private final List<String> failures = new ArrayList<>();
  private int simulations;
  private long steps;
  private double hours;
  private long sent;
  private long logged;
  private long lost;
  private long segments;
  private long filesBegun;

  CampaignReport(long firstSeed) {
    this.firstSeed = firstSeed;
  }

  void passed(Simulation.Result result) {
    simulations++;
    steps += result.steps();
    hours += result.nanos() / 3.6e12;
    sent += result.sent();
    logged += result.logged();
    lost += result.lost();
    segments += result.segments();
    filesBegun += result.filesBegun();
    faults.add(result.faults());
  }

  void failed(long seed, Throwable cause) {
    simulations++;
    failures.add("-Ddrva.seed=" + seed + ": " + cause);
    System.out.println(failures.getLast());
  }

  int failures() {
    return failures.size();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "seeds from %d: %d simulations in %.0f s: %.1f simulated hours, %d steps, %d changes sent, %d"
            + " acknowledged, %d of them lost with their volume, %d segments,"
            + " %d log files begun; %s; %d failed %s",
        firstSeed,
        simulations,
        (System.nanoTime() - beganNanos) / 1e9,
        hours,
        steps,
        sent,
        logged,
        lost,
        segments,
        filesBegun,
        faults,
        failures.size(),
        failures);
  }
}
