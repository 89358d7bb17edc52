package io.drva.kill;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.drva.blobsink.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The appliance's process is killed again and again, at random and at system calls: a few times in
 * the usual build, {@code -Ddrva.kills=N} times as a campaign, which CONTRIBUTING.md tells of.
 *
 * <p>A round's seed decides the load, and when and where the appliance is killed. Real time goes
 * its own way, so the same seed gives the same kind of kills, not the same bytes on the disk: what
 * a failed round has left is kept.
 */
class KilledApplianceIT {
  private static final int KILLS_OF_THE_USUAL_BUILD = 12;
  private static final int KILLS_OF_A_ROUND = 25;
  private static final int KILLS_TO_CATCH_MAX = 500;
  private static final Tally TALLY = new Tally();

  private static boolean traced;
  private static Program program;

  @BeforeAll
  static void prepare(@TempDir Path classes) throws Exception {
    traced = Strace.isThere();
    if (!traced) {
      assertFalse(isCampaign() || "true".equals(System.getenv("CI")), Strace.MISSING);
      System.out.println("kills at random only: " + Strace.MISSING);
    }
    program = Program.prepare(classes);
  }

  private static boolean isCampaign() {
    return Integer.getInteger("drva.kills") != null;
  }

  static List<Arguments> rounds() {
    List<Arguments> rounds = new ArrayList<>();
    long seed = Seeds.next("KilledApplianceIT");
    int kills = Integer.getInteger("drva.kills", KILLS_OF_THE_USUAL_BUILD);
    for (int left = kills; left > 0; left -= KILLS_OF_A_ROUND) {
      rounds.add(Arguments.of(seed, Math.min(left, KILLS_OF_A_ROUND)));
      seed = new SplittableRandom(seed).nextLong();
    }
    return rounds;
  }

  @ParameterizedTest(name = "-Ddrva.seed={0} -Ddrva.kills={1}")
  @MethodSource("rounds")
  void losesAndInventsNothing(
      long seed, int kills, @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    System.out.println(
        "replay with -Ddrva.seed=" + seed + " -Ddrva.kills=" + kills + ": " + folder);
    try (Round round = new Round(program, folder, seed, traced, TALLY)) {
      round.run(kills);
    }
  }

  /** So that a kill which finds nothing means something. */
  @Test
  @EnabledIfSystemProperty(named = "drva.kills", matches = ".*")
  void catchesAnAcknowledgementBeforeTheAppend(@TempDir Path folder) throws Exception {
    Program faulty = Program.prepare(folder, Fault.write(folder.resolve("fault.jar")));
    Tally tally = new Tally();
    long seed = Seeds.next("KilledApplianceIT, with a fault");
    while (tally.kills() < KILLS_TO_CATCH_MAX) {
      Path empty = Files.createDirectory(folder.resolve("round-" + tally.kills()));
      try (Round round = new Round(faulty, empty, seed, traced, tally)) {
        round.run(KILLS_OF_A_ROUND);
      } catch (BrokenPromiseException caught) {
        System.out.println("caught by kill " + tally.kills() + ": " + caught.getMessage());
        assertTrue(caught.getMessage().contains("lost from the log"), caught::getMessage);
        return;
      }
      seed = new SplittableRandom(seed).nextLong();
    }
    fail("not caught by " + tally.kills() + " kills");
  }

  @AfterAll
  static void tell() {
    TALLY.print();
  }
}
