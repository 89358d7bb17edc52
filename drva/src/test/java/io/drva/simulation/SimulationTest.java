package io.drva.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.drva.logstore.MemoryDirectory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Invariants 1 to 5, 7, 8 and 10, in {@link Simulation}s of hosts, network, appliance, disk and
 * store.
 *
 * <p>{@code -Ddrva.seed=N} replays the one simulation of that seed, exactly, and prints what
 * happens in it. {@link SimulationCampaign} runs many.
 */
class SimulationTest {
  private static final List<Long> SEEDS = List.of(1L, 2L);
  private static final int SIMULATIONS_UNTIL_FOUND_MAX = 20;

  @TempDir(factory = MemoryDirectory.class)
  Path folder;

  private int simulations;

  private Simulation simulation(
      long seed, Function<SplittableRandom, Plan> plan, boolean isVerbose) {
    return new Simulation(seed, plan, folder.resolve("simulation-" + simulations++), isVerbose);
  }

  @Test
  void whateverGoesWrongWhatWasPromisedHolds() throws Exception {
    Long replayed = Long.getLong("drva.seed");
    List<Long> seeds = new ArrayList<>();
    if (replayed != null) {
      seeds.add(replayed);
    } else {
      seeds.addAll(SEEDS);
      seeds.add(System.nanoTime());
      System.out.println("simulation: -Ddrva.seed=" + seeds.getLast());
    }
    for (long seed : seeds) {
      try {
        simulation(seed, Plan::draw, replayed != null).run();
      } catch (SimulationFailure | AssertionError e) {
        fail("replay with -Ddrva.seed=" + seed, e);
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameRun() throws Exception {
    long digest = simulation(4, Plan::draw, false).run().digest();
    assertEquals(digest, simulation(4, Plan::draw, false).run().digest());
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aDefectIsFound(Defect defect) throws Exception {
    for (long seed = 1; seed <= SIMULATIONS_UNTIL_FOUND_MAX; seed++) {
      try {
        simulation(seed, random -> Plan.draw(random).with(defect), false).run();
      } catch (SimulationFailure | AssertionError found) {
        return;
      }
    }
    fail("nobody noticed: " + defect);
  }
}
