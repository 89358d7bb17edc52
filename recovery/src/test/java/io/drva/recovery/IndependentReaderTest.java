package io.drva.recovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectNames;
import io.drva.blobsink.ObjectStores;
import io.drva.blobsink.Programs;
import io.drva.blobsink.Seeds;
import io.drva.blobsink.TestChains;
import io.drva.blobsink.TestRecord;
import io.drva.blobsink.TestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invariant 10: a reader in another language, written from the page alone, makes the same disks.
 */
final class IndependentReaderTest {
  private static final Path READER = Path.of("../blobsink/src/test/reader/drva-reader.mjs");
  private static final Path GOLDEN = Path.of("../blobsink/src/test/resources/golden");

  @TempDir Path folder;

  private record Outcome(int exitCode, String output) {}

  @BeforeAll
  static void requireNode() throws IOException, InterruptedException {
    Programs.require("node");
  }

  private static Outcome read(Path container, Path out, String... lsn)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder("node", READER.toString(), container.toString(), out.toString())
            .redirectErrorStream(true);
    builder.command().addAll(List.of(lsn));
    Process process = builder.start();
    String output = process.inputReader(UTF_8).readAllAsString();
    return new Outcome(process.waitFor(), output);
  }

  @Test
  void makesTheSameDisks() throws Exception {
    long seed = Seeds.next("makesTheSameDisks");
    SplittableRandom random = new SplittableRandom(seed);
    List<TestRecord> records = new TestWorkload(seed, 4, 3000, 100_000).run(500).records();
    Container container = ObjectStores.open("dir:" + folder, Map.of()).container("domain-a");
    int half = records.size() / 2;
    TestChains.ship(container, records.subList(0, half), TestChains.config(seed));
    TestChains.ship(container, records, TestChains.config(seed).withSegment(1 << 20, 100, 20));
    for (long lsn : new long[] {records.size(), half, 1 + random.nextInt(records.size())}) {
      Path theirs = folder.resolve("theirs-" + lsn);
      Outcome outcome =
          lsn == records.size()
              ? read(folder.resolve("domain-a"), theirs)
              : read(folder.resolve("domain-a"), theirs, Long.toString(lsn));
      assertEquals(0, outcome.exitCode(), outcome.output());
      Images.assertEqualsModel(records, lsn, theirs);
      Path ours = folder.resolve("ours-" + lsn);
      RecoveryPlan plan =
          RecoveryPlan.make(container, new RecoveryTarget.AtLsn(lsn), Optional.empty());
      for (Path image : Recovery.run(plan, ours, RecoveryProgress.NONE)) {
        assertEquals(
            -1, Files.mismatch(image, theirs.resolve(image.getFileName())), image.toString());
      }
    }
  }

  @Test
  void readsTheGoldenContainer() throws Exception {
    Path theirs = folder.resolve("theirs");
    Outcome outcome = read(GOLDEN, theirs);
    assertEquals(0, outcome.exitCode(), outcome.output());
    Container golden = ObjectStores.open("dir:" + GOLDEN.getParent(), Map.of()).container("golden");
    RecoveryPlan plan = RecoveryPlan.make(golden, new RecoveryTarget.Latest(), Optional.empty());
    List<Path> ours = Recovery.run(plan, folder.resolve("ours"), RecoveryProgress.NONE);
    assertEquals(2, ours.size());
    for (Path image : ours) {
      assertEquals(
          -1, Files.mismatch(image, theirs.resolve(image.getFileName())), image.toString());
    }
  }

  @Test
  void refusesDamageAndGaps() throws Exception {
    List<TestRecord> records = new TestWorkload(5, 2, 100, 4000).run(100).records();
    Container container = ObjectStores.open("dir:" + folder, Map.of()).container("domain-b");
    TestChains.ship(container, records, TestChains.config(5).withSegment(1 << 20, 20, 1000));
    Path object = folder.resolve("domain-b").resolve(ObjectNames.chain(20));
    byte[] bytes = Files.readAllBytes(object);
    for (int at : new int[] {20, 300, bytes.length - 200, bytes.length - 10}) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      Files.write(object, damaged);
      Outcome outcome = read(folder.resolve("domain-b"), folder.resolve("damaged-" + at));
      assertNotEquals(0, outcome.exitCode());
      assertTrue(outcome.output().contains(ObjectNames.chain(20)), outcome.output());
    }
    Files.delete(object);
    Outcome outcome = read(folder.resolve("domain-b"), folder.resolve("gap"));
    assertNotEquals(0, outcome.exitCode());
    assertTrue(outcome.output().contains("intact up to LSN 40"), outcome.output());
  }
}
