package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShipperTest {
  @TempDir Path folder;

  private Container container(String domain) throws IOException {
    return ObjectStores.open("dir:" + folder, Map.of()).container(domain);
  }

  @Test
  void shipsEverythingAndReportsPositionsThatMatch() throws Exception {
    long seed = Seeds.next("ships");
    List<TestRecord> records = new TestWorkload(seed, 5, 2000, 40_000).run(1500).records();
    Container container = container("dom-a");
    TestListener listener = new TestListener();
    TestLog log = new TestLog();
    ChainHead head = ChainOwner.take(container, "dom-a", TestChains.CLOCK);
    try (Shipper shipper =
        new Shipper(container, head, log.source(0), listener, TestChains.config(seed))) {
      shipper.start();
      log.append(records);
      listener.awaitReplicated(records.size());
      assertEquals(Long.MAX_VALUE, shipper.oldestUnreplicatedTimeMicros());
    }
    long last = 0;
    for (TestListener.Report report : listener.reports()) {
      assertTrue(report.lsn() > last);
      last = report.lsn();
      assertPositions(records, report);
    }
    ChainSummary summary = ChainReader.walk(container, ChainVisitor.NONE);
    assertEquals(records.size(), summary.head().lastLsn());
    assertTrue(summary.gap().isEmpty());
  }

  private static void assertPositions(List<TestRecord> records, TestListener.Report report) {
    Map<String, HostPosition> expected = new HashMap<>();
    for (TestRecord record : records.subList(0, (int) report.lsn())) {
      HostPosition before = expected.get(record.host().name());
      boolean same = before != null && before.incarnation().equals(record.host().incarnation());
      long seq = Math.max(same ? before.lastSeq() : 0, record.sequence());
      expected.put(
          record.host().name(),
          new HostPosition(record.host().name(), record.host().incarnation(), seq));
    }
    for (HostPosition position : report.positions().all()) {
      assertEquals(expected.get(position.host()), position);
    }
    assertEquals(expected.size(), report.positions().all().size());
  }

  @Test
  void theOldOwnerIsFenced() throws Exception {
    List<TestRecord> records = new TestWorkload(1, 3, 500, 8000).run(300).records();
    Container container = container("dom-b");
    TestListener listener = new TestListener();
    TestLog log = new TestLog();
    ChainHead head = ChainOwner.take(container, "dom-b", TestChains.CLOCK);
    try (Shipper old =
        new Shipper(container, head, log.source(0), listener, TestChains.config(1))) {
      old.start();
      log.append(records.subList(0, 100));
      listener.awaitReplicated(100);
      ChainHead taken = ChainOwner.take(container, "dom-b", TestChains.CLOCK);
      assertEquals(2, taken.epoch());
      assertEquals(100, taken.lastLsn());
      log.append(records.subList(100, 200));
      assertInstanceOf(FencedException.class, listener.awaitFailure());
      assertEquals(Shipper.State.FENCED, old.state());
      assertEquals(100, old.replicatedLsn());
    }
  }
}
