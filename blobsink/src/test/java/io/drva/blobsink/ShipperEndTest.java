package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is left of a shipper that has ended: no thread, no buffer, no memory (invariants 7 and 8).
 */
final class ShipperEndTest {
  private static final int SEGMENT_BYTES = 16 << 10;

  private final TestListener listener = new TestListener();

  private static List<TestRecord> records(int count) {
    return new TestWorkload(3, 5, 2000, 20_000).run(count).records();
  }

  private static TestLog log(List<TestRecord> records) {
    TestLog log = new TestLog();
    log.append(records);
    return log;
  }

  private static ShipperConfig config(int uploadsInFlight) {
    return TestChains.config(1)
        .withSegment(SEGMENT_BYTES, 64, 5)
        .withUploadsInFlight(uploadsInFlight)
        .withCloseMsMax(50);
  }

  private Shipper shipper(
      SegmentBuffers pool, Container container, ShipperConfig config, TestLog log)
      throws IOException {
    ChainHead head = ChainOwner.take(container, container.name(), TestChains.CLOCK);
    SegmentBuffers.Share share = pool.join(container.name(), config.uploadsInFlight());
    return new Shipper(container, head, log.source(0), listener, config, share);
  }

  private static void assertNothingInUse(SegmentBuffers pool) throws IOException {
    assertEquals(0, pool.inUse());
    for (int i = 0; i < pool.domainsMax(); i++) {
      pool.join("after-" + i, 0);
    }
  }

  /** Invariant 8: a store that never answers has all that can be borrowed, for good. */
  @Test
  void aDomainWhoseStoreIsSilentKeepsNoOtherFromShipping() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(2, 3, SEGMENT_BYTES);
    SilentContainer silent = new SilentContainer(new MemoryContainer("silent"), true);
    MemoryContainer memory = new MemoryContainer("healthy");
    List<TestRecord> records = records(1500);
    try (Shipper stuck = shipper(pool, silent, config(5), log(records))) {
      stuck.start();
      silent.awaitPuts(5);
      assertEquals(5, pool.inUse());
      try (Shipper healthy = shipper(pool, memory, config(4), log(records))) {
        healthy.start();
        listener.awaitReplicated(records.size());
      }
      assertEquals(5, pool.inUse());
      assertEquals(0, stuck.replicatedLsn());
    }
    assertEquals(records.size(), ChainReader.walk(memory, ChainVisitor.NONE).head().lastLsn());
    assertNothingInUse(pool);
  }
}
