package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Invariants 1 and 3: wherever the power fails, a log holds what it said is forced, nothing that
 * was not appended, and never looks damaged.
 *
 * <p>{@code -Ddrva.cuts=10000} adds a campaign of so many cuts, and defects that take longer to
 * notice; {@code -Ddrva.seed=N} replays the one seed N and prints every operation.
 */
class PowerCutTest {

  private static final int CUTS_PER_SEED = 10;
  private static final int FIXED_SEEDS = 2;
  private static final int FAILURES_MAX = 10;
  private static final int SEEDS_UNTIL_NOTICED_MAX = 300;

  @TempDir(factory = MemoryDirectory.class)
  Path directory;

  private final PowerCutTally tally = new PowerCutTally();

  /** What the seed led to: null, or how the log failed. */
  private Throwable run(long seed, UnaryOperator<Disk> defect, Consumer<String> trace)
      throws IOException, InterruptedException {
    Path place = Files.createDirectory(directory.resolve("seed-" + seed));
    try {
      new PowerCutRun(seed, place, defect, tally, trace).run(CUTS_PER_SEED);
      return null;
    } catch (AssertionError | LogDamagedException | VolumeException e) {
      return e;
    } finally {
      try (Stream<Path> paths = Files.walk(place)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  @Test
  void nothingForcedIsLostWhereverThePowerFails() throws Exception {
    boolean replay = Long.getLong("drva.seed") != null;
    List<Long> seeds = new ArrayList<>(List.of(Seeds.seed("powerCuts")));
    for (long seed = 1; seed <= FIXED_SEEDS && !replay; seed++) {
      seeds.add(seed);
    }
    for (long seed : seeds) {
      Throwable failure =
          run(seed, UnaryOperator.identity(), replay ? System.out::println : _ -> {});
      if (failure != null) {
        fail("replay with -Ddrva.seed=" + seed, failure);
      }
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "drva.cuts", matches = "\\d+")
  void campaign() throws Exception {
    int cuts = Integer.getInteger("drva.cuts");
    long start = System.nanoTime();
    long seeds = 0;
    List<String> failures = new ArrayList<>();
    while (tally.cuts() < cuts && failures.size() < FAILURES_MAX) {
      seeds++;
      Throwable failure = run(seeds, UnaryOperator.identity(), _ -> {});
      if (failure != null) {
        failures.add("-Ddrva.seed=" + seeds + ": " + failure);
      }
    }
    System.out.println("seeds 1 to " + seeds);
    System.out.println("seconds " + (System.nanoTime() - start) / 1_000_000_000);
    System.out.println(tally);
    assertEquals(List.of(), failures);
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE_OF_A_GROUP", "ANOTHER_FILE"})
  void aWrongForceIsNoticed(WrongForce wrong) throws Exception {
    isNoticed(wrong);
  }

  @ParameterizedTest
  @EnumSource
  @EnabledIfSystemProperty(named = "drva.cuts", matches = "\\d+")
  void everyWrongForceIsNoticed(WrongForce wrong) throws Exception {
    isNoticed(wrong);
  }

  private void isNoticed(WrongForce wrong) throws IOException, InterruptedException {
    AtomicInteger times = new AtomicInteger();
    Throwable failure = null;
    long seed = 0;
    while (failure == null && seed < SEEDS_UNTIL_NOTICED_MAX) {
      seed++;
      failure = run(seed, disk -> wrong.on(disk, times), _ -> {});
    }
    assertTrue(times.get() > 0, () -> "no force is " + wrong);
    assertTrue(failure != null, () -> wrong + " was not noticed");
    System.out.println(
        wrong + ": noticed with seed " + seed + " after " + tally.cuts() + " cuts: " + failure);
  }
}
