package io.drva.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drva.logstore.MemoryDirectory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link SimulationTest} with as many seeds as {@code -Ddrva.seeds=N} says, by the profile {@code
 * simulation-campaign}; {@code -Ddrva.seed=N} is the first of them.
 */
class SimulationCampaign {
  private static final int FAILURES_MAX = 10;

  @TempDir(factory = MemoryDirectory.class)
  Path folder;

  @Test
  void whateverGoesWrongWhatWasPromisedHolds() throws Exception {
    int count = Integer.getInteger("drva.seeds");
    long first = Long.getLong("drva.seed", System.nanoTime());
    CampaignReport report = new CampaignReport(first);
    for (long seed = first; seed < first + count && report.failures() < FAILURES_MAX; seed++) {
      Path place = folder.resolve("simulation-" + seed);
      try {
        report.passed(new Simulation(seed, Plan::draw, place, false).run());
      } catch (SimulationFailure | AssertionError e) {
        report.failed(seed, e);
      }
    }
    System.out.println(report);
    assertEquals(0, report.failures(), report::toString);
  }
}
