package io.drva.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.blobsink.ChainGapException;
import io.drva.blobsink.ChainHead;
import io.drva.blobsink.ChainOwner;
import io.drva.blobsink.Container;
import io.drva.blobsink.FaultyContainer;
import io.drva.blobsink.FencedException;
import io.drva.blobsink.ObjectNames;
import io.drva.blobsink.ObjectStores;
import io.drva.blobsink.Seeds;
import io.drva.blobsink.Shipper;
import io.drva.blobsink.ShipperConfig;
import io.drva.blobsink.TestChains;
import io.drva.blobsink.TestListener;
import io.drva.blobsink.TestLog;
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

/** Owners that stop, or are replaced, in the middle of uploading (invariants 2, 4 and 5). */
final class RestartTest {
  private static final int SEGMENT_RECORDS = 10;

  @TempDir Path folder;

  /**
   * Each owner in turn gets stuck with one upload, has others stored beyond it, and is replaced
   * while it lives. What it had reported stays; the next owner ships the rest again; what lies
   * beyond the fences is never mixed in.
   */
  @Test
  void ownersFollowEachOtherInMidFlight() throws Exception {
    long seed = Seeds.next("ownersFollowEachOtherInMidFlight");
    SplittableRandom random = new SplittableRandom(seed);
    List<TestRecord> records = new TestWorkload(seed, 3, 500, 20_000).run(400).records();
    Container container = ObjectStores.open("dir:" + folder, Map.of()).container("domain-a");
    TestLog log = new TestLog();
    log.append(records);
    long reported = 0;
    List<Stuck> owners = new ArrayList<>();
    for (int term = 0; term < 4; term++) {
      ChainHead head = ChainOwner.take(container, "domain-a", TestChains.CLOCK);
      assertEquals(term + 1, head.epoch());
      assertEquals(reported, head.lastLsn());
      Stuck owner = new Stuck(container, head, log, head.nextNumber() + random.nextInt(1, 4), seed);
      owners.add(owner);
      reported = owner.runUntilStuck();
      assertGapIsNamed(container, owner.stuckObject, reported);
    }
    ChainHead head = ChainOwner.take(container, "domain-a", TestChains.CLOCK);
    // The old ones wake up one after the other, and find out.
    for (Stuck owner : owners) {
      owner.wakeUpFenced();
    }
    TestListener listener = new TestListener();
    try (Shipper shipper =
        TestChains.shipper(container, head, log.source(0), listener, config(seed))) {
      shipper.start();
      listener.awaitReplicated(records.size());
    }
    Verification verification = Verifier.run(container, RecoveryProgress.NONE);
    assertEquals(List.of(), verification.problems());
    assertTrue(verification.superseded() > 0);
    assertEquals(5, RecoveryPoints.read(container).terms().size());
    for (long lsn :
        new long[] {records.size(), reported, reported + 1, 1 + random.nextInt(records.size())}) {
      Path out = folder.resolve("out-" + lsn);
      RecoveryPlan plan =
          RecoveryPlan.make(container, new RecoveryTarget.AtLsn(lsn), Optional.empty());
      if (!Files.exists(out)) {
        Recovery.run(plan, out, RecoveryProgress.NONE);
        Images.assertEqualsModel(records, lsn, out);
      }
    }
  }

  private static ShipperConfig config(long seed) {
    return TestChains.config(seed).withSegment(1 << 20, SEGMENT_RECORDS, 20);
  }

  private static void assertGapIsNamed(Container container, String missing, long intactLsn) {
    ChainGapException gap =
        assertThrows(
            ChainGapException.class,
            () -> RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty()));
    assertEquals(missing, gap.object());
    assertEquals(intactLsn, gap.intactLsn());
  }

  /** An owner one of whose uploads does not get through for the time being. */
  private static final class Stuck {
    private final Container container;
    private final FaultyContainer faulty;
    private final TestListener listener = new TestListener();
    private final Shipper shipper;
    private final long stuckNumber;
    private final long expectedLsn;
    private final String stuckObject;

    Stuck(Container container, ChainHead head, TestLog log, long stuckNumber, long seed)
        throws IOException {
      this.container = container;
      this.stuckNumber = stuckNumber;
      this.stuckObject = ObjectNames.chain(stuckNumber);
      this.expectedLsn = head.lastLsn() + (stuckNumber - head.nextNumber()) * SEGMENT_RECORDS;
      this.faulty = new FaultyContainer(container, seed, 0);
      this.shipper = TestChains.shipper(faulty, head, log.source(0), listener, config(seed));
    }

    /** Returns when the uploads beyond the stuck one are stored. */
    long runUntilStuck() throws Exception {
      faulty.hold(stuckObject);
      shipper.start();
      listener.awaitReplicated(expectedLsn);
      faulty.awaitStored(ObjectNames.chain(stuckNumber + 3));
      return expectedLsn;
    }

    void wakeUpFenced() throws InterruptedException {
      faulty.release();
      assertInstanceOf(FencedException.class, listener.awaitFailure());
      assertEquals(expectedLsn, shipper.replicatedLsn(), container::location);
      shipper.close();
    }
  }
}
