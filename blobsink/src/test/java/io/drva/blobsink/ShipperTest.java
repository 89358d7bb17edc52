package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ShipperTest {
  private static final long PATIENCE_SECONDS = 60;

  private final MemoryContainer memory = new MemoryContainer("domain-a");
  private final TestLog log = new TestLog();
  private final TestListener listener = new TestListener();

  private Shipper start(Container container, ShipperConfig config) throws IOException {
    ChainHead head = ChainOwner.take(memory, "domain-a", TestChains.CLOCK);
    Shipper shipper = TestChains.shipper(container, head, log.source(0), listener, config);
    shipper.start();
    return shipper;
  }

  private static List<TestRecord> records(long seed, int count) {
    return new TestWorkload(seed, 5, 2000, 20_000).run(count).records();
  }

  @Test
  void reportsPositionsThatMatch() throws Exception {
    long seed = Seeds.next("reportsPositionsThatMatch");
    List<TestRecord> records = records(seed, 1500);
    try (Shipper shipper = start(memory, TestChains.config(seed))) {
      log.append(records);
      listener.awaitReplicated(records.size());
      assertEquals(records.size(), shipper.lastReadLsn());
      assertEquals(records.size(), shipper.replicatedLsn());
    }
    assertReports(records);
    ChainSummary summary = ChainReader.walk(memory, ChainVisitor.NONE);
    assertEquals(records.size(), summary.head().lastLsn());
    assertEquals(listener.reports().getLast().positions().all(), summary.head().positions().all());
    assertTrue(summary.gap().isEmpty());
  }

  private void assertReports(List<TestRecord> records) {
    long last = 0;
    for (TestListener.Report report : listener.reports()) {
      assertTrue(report.lsn() > last);
      last = report.lsn();
      Map<String, HostPosition> expected = new HashMap<>();
      for (TestRecord record : records.subList(0, (int) report.lsn())) {
        TestRecord.Host host = record.host();
        HostPosition before = expected.get(host.name());
        boolean same = before != null && before.incarnation().equals(host.incarnation());
        long seq = Math.max(same ? before.lastSeq() : 0, record.sequence());
        expected.put(host.name(), new HostPosition(host.name(), host.incarnation(), seq));
      }
      assertEquals(expected.size(), report.positions().all().size());
      report.positions().all().forEach(p -> assertEquals(expected.get(p.host()), p));
    }
  }

  /** Invariant 2, with every third operation failing. */
  @Test
  void whatIsReportedIsStoredWhateverTheStoreDoes() throws Exception {
    long seed = Seeds.next("whatIsReportedIsStoredWhateverTheStoreDoes");
    for (int round = 0; round < 5; round++) {
      List<TestRecord> records = records(seed + round, 600);
      MemoryContainer inner = new MemoryContainer("domain-a");
      FaultyContainer faulty = new FaultyContainer(inner, seed + round, 33);
      ChainHead head = ChainOwner.take(inner, "domain-a", TestChains.CLOCK);
      TestLog ownLog = new TestLog();
      TestListener checking = new TestListener();
      ShipperListener both =
          new ShipperListener() {
            @Override
            public void replicated(long lsn, HostPositions positions) {
              assertStoredThrough(inner, lsn);
              checking.replicated(lsn, positions);
            }

            @Override
            public void failed(Exception cause) {
              checking.failed(cause);
            }
          };
      ShipperConfig config =
          TestChains.config(seed).withUploadsInFlight(1 + round * 3).withSegment(8192, 20, 5);
      try (Shipper shipper = TestChains.shipper(faulty, head, ownLog.source(0), both, config)) {
        shipper.start();
        ownLog.append(records);
        checking.awaitReplicated(records.size());
        assertTrue(shipper.failure().isEmpty());
      }
      assertTrue(faulty.failures() > 0);
      assertEquals(records.size(), ChainReader.walk(inner, ChainVisitor.NONE).head().lastLsn());
    }
  }

  private static void assertStoredThrough(Container container, long lsn) {
    try {
      assertTrue(ChainReader.walk(container, ChainVisitor.NONE).head().lastLsn() >= lsn);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Within one segment, so that its host table has the same incarnation with a lower number. */
  @Test
  void aHostMayGoBackToAnIncarnationWithinASegment() throws Exception {
    TestRecord.Host first = new TestRecord.Host(1, "esx", new UUID(1, 1));
    TestRecord.Host between = new TestRecord.Host(1, "esx", new UUID(2, 2));
    List<TestRecord> records = new ArrayList<>();
    attach(records, first, 50);
    attach(records, between, 10);
    attach(records, first, 20);
    int before = 52; // HOST_ATTACHED, DISK_OPENED and 50 writes
    try (Shipper shipper = start(memory, TestChains.config(1).withSegment(1 << 20, 1000, 50))) {
      log.append(records.subList(0, before));
      listener.awaitReplicated(before);
      log.append(records.subList(before, records.size()));
      listener.awaitReplicated(records.size());
      assertEquals(records.size(), shipper.replicatedLsn());
    }
    ChainHead end = ChainReader.walk(memory, ChainVisitor.NONE).head();
    assertEquals(records.size(), end.lastLsn(), "every reader takes what was stored");
    assertEquals(List.of(new HostPosition("esx", first.incarnation(), 20)), end.hosts());
  }

  private static void attach(List<TestRecord> records, TestRecord.Host host, int writes) {
    TestRecord.Disk disk = new TestRecord.Disk(1, "vm", "disk", 512, 1 << 20);
    add(records, RecordType.HOST_ATTACHED, host, 0, null, 0, 0);
    if (records.size() == 1) {
      add(records, RecordType.DISK_OPENED, host, 0, disk, disk.capacityBytes(), 512);
    }
    for (int seq = 1; seq <= writes; seq++) {
      add(records, RecordType.ZERO, host, seq, disk, 0, 512);
    }
  }

  private static void add(
      List<TestRecord> records,
      RecordType type,
      TestRecord.Host host,
      long seq,
      TestRecord.Disk disk,
      long offset,
      long length) {
    long lsn = records.size() + 1L;
    ByteBuffer none = ByteBuffer.allocateDirect(0);
    records.add(new TestRecord(lsn, type, 0, host, seq, disk, offset, length, lsn * 1000, none));
  }

  @Test
  void anOutageHoldsEverythingBackAndIsTold() throws Exception {
    List<TestRecord> records = records(7, 3000);
    FaultyContainer faulty = new FaultyContainer(memory, 7, 0);
    faulty.down(true);
    var failures = faulty.failuresSeen(20);
    try (Shipper shipper = start(faulty, TestChains.config(7).withSegment(16 << 10, 64, 5))) {
      log.append(records);
      assertTrue(failures.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
      StoreTrouble trouble = shipper.lastError().orElseThrow();
      assertTrue(trouble.message().contains("injected failure"));
      assertEquals(TestChains.CLOCK.getAsLong(), trouble.sinceMicros());
      assertEquals(0, shipper.replicatedLsn());
      assertEquals(List.of(), listener.reports());
      // Six buffers of at most 64 records each: the backlog stays in the log.
      assertTrue(shipper.lastReadLsn() <= 6 * 64, () -> "read " + shipper.lastReadLsn());
      faulty.down(false);
      listener.awaitReplicated(records.size());
      assertTrue(shipper.lastError().isEmpty());
    }
    assertReports(records);
  }

  @Test
  void theOldOwnerIsFencedAndReportsNothingMore() throws Exception {
    List<TestRecord> records = records(1, 300);
    try (Shipper old = start(memory, TestChains.config(1))) {
      log.append(records.subList(0, 100));
      listener.awaitReplicated(100);
      ChainHead taken = ChainOwner.take(memory, "domain-a", TestChains.CLOCK);
      assertEquals(2, taken.epoch());
      assertEquals(100, taken.lastLsn());
      log.append(records.subList(100, 200));
      assertInstanceOf(FencedException.class, listener.awaitFailure());
      assertEquals(Shipper.State.FENCED, old.state());
      assertEquals(100, old.replicatedLsn());
    }
    assertEquals(100, ChainReader.walk(memory, ChainVisitor.NONE).head().lastLsn());
  }

  /**
   * An owner stops with uploads beyond a gap; the next one passes over them and ships the same
   * records again.
   */
  @Test
  void resumesBehindUploadsThatNeverBecamePartOfTheChain() throws Exception {
    List<TestRecord> records = records(2, 400);
    FaultyContainer faulty = new FaultyContainer(memory, 2, 0);
    ShipperConfig config = TestChains.config(2).withSegment(1 << 20, 50, 1000);
    // The fence has number 1, the segments 18, 19, 20 and so on.
    String missing = ObjectNames.chain(20);
    faulty.hold(missing);
    try (Shipper old = start(faulty, config)) {
      log.append(records);
      listener.awaitReplicated(100);
      faulty.awaitStored(ObjectNames.chain(23));
      old.abort();
    }
    assertEquals(100, listener.reports().getLast().lsn());
    ChainSummary summary = ChainReader.walk(memory, ChainVisitor.NONE);
    assertEquals(100, summary.head().lastLsn());
    ChainGap gap = summary.gap().orElseThrow();
    assertEquals(missing, gap.missing());
    assertEquals(100, gap.intactLsn());
    ChainHead head = ChainOwner.take(memory, "domain-a", TestChains.CLOCK);
    assertEquals(20, head.lastNumber());
    assertEquals(37, head.nextNumber());
    TestListener second = new TestListener();
    try (Shipper shipper = TestChains.shipper(memory, head, log.source(0), second, config)) {
      shipper.start();
      second.awaitReplicated(records.size());
    }
    ChainSummary after = ChainReader.walk(memory, ChainVisitor.NONE);
    assertTrue(after.gap().isEmpty());
    assertEquals(records.size(), after.head().lastLsn());
  }

  @Test
  void anObjectOfItsOwnThatIsDamagedStopsTheShipper() throws Exception {
    List<TestRecord> records = records(3, 20);
    // The answer is lost, and meanwhile the stored object is damaged.
    Container damaging =
        new ForwardingContainer(memory) {
          @Override
          public PutResult put(String object, ObjectContent content) throws StoreException {
            super.put(object, content);
            byte[] stored = memory.objects().get(object);
            stored[stored.length - 100] ^= 1;
            return PutResult.EXISTS;
          }
        };
    try (Shipper shipper = start(damaging, TestChains.config(3))) {
      log.append(records);
      Exception failure = listener.awaitFailure();
      assertInstanceOf(CorruptObjectException.class, failure);
      assertTrue(
          failure.getMessage().contains("not with the bytes that were sent"), failure.getMessage());
      assertEquals(Shipper.State.FAILED, shipper.state());
    }
    assertEquals(List.of(), listener.reports());
  }

  @Test
  void aRecordThatDoesNotMatchItsChecksumIsNotShipped() throws Exception {
    List<TestRecord> records = records(4, 50);
    TestRecord victim = records.stream().filter(r -> r.dataBytes() > 0).findFirst().orElseThrow();
    TestLog damaged = new TestLog();
    damaged.append(records);
    RecordSource flipping =
        new ForwardingSource(damaged.source(0)) {
          @Override
          public int dataCrc32c() {
            return lsn() == victim.lsn() ? super.dataCrc32c() + 1 : super.dataCrc32c();
          }
        };
    ChainHead head = ChainOwner.take(memory, "domain-a", TestChains.CLOCK);
    try (Shipper shipper =
        TestChains.shipper(memory, head, flipping, listener, TestChains.config(4))) {
      shipper.start();
      Exception failure = listener.awaitFailure();
      assertInstanceOf(CorruptRecordException.class, failure);
      assertTrue(failure.getMessage().contains("LSN " + victim.lsn()), failure.getMessage());
    }
  }

  @Test
  void aLogThatBeginsTooLateIsRefused() throws Exception {
    List<TestRecord> records = records(5, 50);
    log.append(records.subList(0, 10));
    log.append(records.subList(11, 20));
    try (Shipper shipper = start(memory, TestChains.config(5))) {
      assertTrue(
          listener.awaitFailure().getMessage().contains("goes on with LSN 12, the chain with 11"));
      assertEquals(Shipper.State.FAILED, shipper.state());
    }
  }

  @Test
  void closingShipsWhatIsDurable() throws Exception {
    List<TestRecord> records = records(6, 500);
    log.append(records);
    // Without closing, neither size nor age would seal the last segment.
    Shipper shipper = start(memory, TestChains.config(6).withSegment(8 << 20, 16_000, 1_000_000));
    shipper.close();
    assertEquals(Shipper.State.CLOSED, shipper.state());
    assertEquals(records.size(), listener.reports().getLast().lsn());
    assertEquals(records.size(), ChainReader.walk(memory, ChainVisitor.NONE).head().lastLsn());
  }

  @Test
  void closingDuringAnOutageEnds() throws Exception {
    FaultyContainer faulty = new FaultyContainer(memory, 8, 0);
    faulty.down(true);
    var failures = faulty.failuresSeen(3);
    log.append(records(8, 100));
    Shipper shipper = start(faulty, TestChains.config(8).withCloseMsMax(50));
    assertTrue(failures.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    shipper.close();
    assertEquals(Shipper.State.CLOSED, shipper.state());
    assertEquals(List.of(), listener.reports());
  }

  @Test
  void aLostObjectPreventsATakeover() throws Exception {
    List<TestRecord> records = records(9, 600);
    TestChains.ship(memory, records, TestChains.config(9).withSegment(1 << 20, 20, 1000));
    memory.objects().remove(ObjectNames.chain(22));
    ChainGapException gap =
        assertThrows(
            ChainGapException.class, () -> ChainOwner.take(memory, "domain-a", TestChains.CLOCK));
    assertEquals(ObjectNames.chain(22), gap.object());
    assertTrue(gap.certain());
    assertEquals(80, gap.intactLsn());
  }

  @Test
  void aContainerOfAnotherDomainIsRefused() throws Exception {
    ChainOwner.take(memory, "domain-a", TestChains.CLOCK);
    assertThrows(
        CorruptObjectException.class, () -> ChainOwner.take(memory, "domain-b", TestChains.CLOCK));
    memory.objects().remove(ObjectNames.DESCRIPTOR);
    assertThrows(
        CorruptObjectException.class, () -> ChainOwner.take(memory, "domain-a", TestChains.CLOCK));
  }
}
