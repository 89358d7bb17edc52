package io.drva.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.blobsink.ChainHead;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectStores;
import io.drva.blobsink.Seeds;
import io.drva.blobsink.TestChains;
import io.drva.blobsink.TestRecord;
import io.drva.blobsink.TestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecoveryTest {
  @TempDir Path folder;

  private Container container(String domain) throws IOException {
    return ObjectStores.open("dir:" + folder, Map.of()).container(domain);
  }

  /** Invariant 4: a disk recovered at P is all its writes up to P in order, and nothing else. */
  @Test
  void equalsTheModelAtEveryPosition() throws Exception {
    long seed = Seeds.next("equalsTheModelAtEveryPosition");
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 6; round++) {
      List<TestRecord> records =
          new TestWorkload(
                  random.nextLong(),
                  1 + random.nextInt(5),
                  1 + random.nextInt(3000),
                  1 + random.nextInt(300_000))
              .run(random.nextInt(600))
              .records();
      Container container = container("dom-" + round);
      // In several terms, each of which resumes where the one before ended.
      int shipped = 0;
      while (shipped < records.size()) {
        shipped += 1 + random.nextInt(records.size() - shipped);
        ChainHead head =
            TestChains.ship(
                container,
                records.subList(0, shipped),
                TestChains.config(random.nextLong())
                    .withSegment(4096 << random.nextInt(8), 1 + random.nextInt(200), 5)
                    .withUploadsInFlight(1 + random.nextInt(16)));
        assertEquals(shipped, head.lastLsn());
      }
      Verification verification = Verifier.run(container, RecoveryProgress.NONE);
      assertEquals(List.of(), verification.problems());
      assertEquals(records.size(), verification.lastLsn());
      for (int i = 0; i < 8; i++) {
        long lsn = i == 0 ? records.size() : 1 + random.nextInt(records.size());
        recoverAndCompare(container, records, lsn, folder.resolve("out-" + round + "-" + i));
      }
      recoverAtTimes(container, records, random, folder.resolve("time-" + round));
    }
  }

  private static void recoverAndCompare(
      Container container, List<TestRecord> records, long lsn, Path out) throws IOException {
    RecoveryPlan plan =
        RecoveryPlan.make(container, new RecoveryTarget.AtLsn(lsn), Optional.empty());
    assertEquals(lsn, plan.lsn());
    assertEquals(records.get((int) lsn - 1).timeMicros(), plan.timeMicros());
    List<Long> progress = new ArrayList<>();
    Recovery.run(plan, out, (done, total) -> progress.add(total - done));
    Images.assertEqualsModel(records, lsn, out);
    if (plan.requests() > 0) {
      assertEquals(plan.requests(), progress.size());
      assertEquals(0, progress.getLast());
    }
  }

  private static void recoverAtTimes(
      Container container, List<TestRecord> records, SplittableRandom random, Path out)
      throws IOException {
    TestRecord record = records.get(random.nextInt(records.size()));
    long time = record.timeMicros() + random.nextInt(500);
    long expected = records.stream().filter(r -> r.timeMicros() <= time).count();
    RecoveryPlan plan =
        RecoveryPlan.make(container, new RecoveryTarget.AtTime(time), Optional.empty());
    assertEquals(expected, plan.lsn());
    Recovery.run(plan, out, RecoveryProgress.NONE);
    Images.assertEqualsModel(records, expected, out);
    long before = records.getFirst().timeMicros() - 1;
    assertThrows(
        RecoveryException.class,
        () -> RecoveryPlan.make(container, new RecoveryTarget.AtTime(before), Optional.empty()));
  }

  @Test
  void refusesToOverwrite() throws Exception {
    List<TestRecord> records = new TestWorkload(3, 2, 100, 5000).run(50).records();
    Container container = container("dom-x");
    TestChains.ship(container, records, TestChains.config(3));
    RecoveryPlan plan = RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
    Path out = folder.resolve("out");
    Files.createDirectories(out);
    Files.writeString(out.resolve(plan.disks().getLast().imageName()), "precious");
    assertThrows(RecoveryException.class, () -> Recovery.run(plan, out, RecoveryProgress.NONE));
    assertEquals(List.of(plan.disks().getLast().imageName()), Images.names(out));
    assertEquals("precious", Files.readString(out.resolve(plan.disks().getLast().imageName())));
  }

  @Test
  void recoversOneDiskOnly() throws Exception {
    List<TestRecord> records = new TestWorkload(4, 3, 100, 5000).run(100).records();
    Container container = container("dom-y");
    TestChains.ship(container, records, TestChains.config(4));
    RecoveryPlan all = RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
    RecoveryPlan one =
        RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.of("vm1/disk2"));
    assertEquals(3, all.disks().size());
    assertEquals(1, one.disks().size());
    Path out = folder.resolve("out");
    assertEquals(
        List.of(out.resolve("vm1_disk2.raw")), Recovery.run(one, out, RecoveryProgress.NONE));
    assertEquals(List.of("vm1_disk2.raw"), Images.names(out));
    RecoveryException unknown =
        assertThrows(
            RecoveryException.class,
            () ->
                RecoveryPlan.make(
                    container, new RecoveryTarget.Latest(), Optional.of("vm9/disk9")));
    assertTrue(unknown.getMessage().contains("vm1/disk2"), unknown.getMessage());
  }

  @Test
  void tellsWhatCanBeRecovered() throws Exception {
    long seed = Seeds.next("tellsWhatCanBeRecovered");
    List<TestRecord> records = new TestWorkload(seed, 4, 200, 8000).run(800).records();
    Container container = container("dom-z");
    TestChains.ship(container, records.subList(0, 300), TestChains.config(seed));
    TestChains.ship(container, records, TestChains.config(seed));
    RecoveryPoints points = RecoveryPoints.read(container);
    assertEquals(1, points.firstLsn());
    assertEquals(records.size(), points.lastLsn());
    assertEquals(records.getFirst().timeMicros(), points.firstTimeMicros());
    assertEquals(records.getLast().timeMicros(), points.lastTimeMicros());
    assertEquals(2, points.terms().size());
    assertEquals(1, points.terms().getFirst().firstLsn());
    assertEquals(301, points.terms().getLast().firstLsn());
    // A plan at any position warns exactly when that position is within one of the disk's
    // baselines.
    for (long lsn = 10; lsn <= records.size(); lsn += 53) {
      RecoveryPlan plan =
          RecoveryPlan.make(container, new RecoveryTarget.AtLsn(lsn), Optional.empty());
      for (RecoveryPlan.Disk disk : plan.disks()) {
        boolean running = false;
        for (RecoveryPoints.Baseline baseline : points.baselines()) {
          running |=
              baseline.disk().equals(disk.disk())
                  && baseline.firstLsn() <= lsn
                  && (baseline.endLsn() == 0 || lsn < baseline.endLsn());
        }
        assertEquals(!running, disk.recoverable(), disk + " at " + lsn);
      }
    }
  }
}
