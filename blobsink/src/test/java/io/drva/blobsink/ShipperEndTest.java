package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What is left of a shipper that has ended: no thread, no buffer, no memory (invariants 7 and 8).
 */
final class ShipperEndTest {
  private static final int SEGMENT_BYTES = 16 << 10;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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

  private static List<Thread> threads(String domain) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().contains(domain))
        .toList();
  }

  private static void awaitThreads(String domain) throws InterruptedException {
    for (Thread thread : threads(domain)) {
      assertTrue(thread.join(PATIENCE), thread::getName);
    }
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

  @Test
  void whenUploadsHang() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(1, 3, SEGMENT_BYTES);
    SilentContainer silent = new SilentContainer(new MemoryContainer("hangs"), true);
    Shipper shipper = shipper(pool, silent, config(2), log(records(500)));
    shipper.start();
    silent.awaitPuts(2);
    shipper.close();
    assertEquals(Shipper.State.CLOSED, shipper.state());
    assertEquals(List.of(), threads("hangs"));
    assertNothingInUse(pool);
  }

  @Test
  void whenItWasNeverStarted() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(2, 0, SEGMENT_BYTES);
    Shipper closed = shipper(pool, new MemoryContainer("idle-a"), config(1), log(records(10)));
    Shipper aborted = shipper(pool, new MemoryContainer("idle-b"), config(1), log(records(10)));
    closed.close();
    aborted.abort();
    closed.start();
    aborted.start();
    assertEquals(Shipper.State.CLOSED, closed.state());
    assertEquals(Shipper.State.CLOSED, aborted.state());
    assertEquals(List.of(), threads("idle-"));
    assertNothingInUse(pool);
  }

  /** Without being closed: nobody may look after a domain that failed. */
  @Test
  void whenItFailsWhileUploadsHang() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(1, 3, SEGMENT_BYTES);
    SilentContainer silent = new SilentContainer(new MemoryContainer("fails"), true);
    List<TestRecord> records = records(20);
    TestLog log = new TestLog();
    log.append(records.subList(0, 10));
    Shipper shipper = shipper(pool, silent, config(2), log);
    shipper.start();
    silent.awaitPuts(1);
    log.append(records.getLast()); // The records between are missing.
    assertInstanceOf(IOException.class, listener.awaitFailure());
    awaitThreads("fails");
    assertEquals(Shipper.State.FAILED, shipper.state());
    assertNothingInUse(pool);
  }

  /** The place is not given to another domain as long as an upload needs its memory. */
  @Test
  void whenAnUploadCannotBeBrokenOff() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(1, 0, SEGMENT_BYTES);
    SilentContainer deaf = new SilentContainer(new MemoryContainer("deaf"), false);
    Shipper shipper = shipper(pool, deaf, config(1), log(records(500)));
    shipper.start();
    deaf.awaitPuts(1);
    Thread.currentThread().interrupt(); // So that it does not wait for the upload.
    shipper.abort();
    assertTrue(Thread.interrupted());
    String refusal =
        assertThrows(TooManyDomainsException.class, () -> pool.join("another", 0)).getMessage();
    assertTrue(refusal.contains("deaf, which has ended but for an upload"), refusal);
    deaf.release();
    awaitThreads("deaf");
    assertNothingInUse(pool);
  }

  /** A library may be sending from a buffer still after its caller was interrupted. */
  @Test
  void aBufferWhoseUploadWasBrokenOffIsNeverWrittenAgain() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(1, 3, SEGMENT_BYTES);
    SilentContainer silent = new SilentContainer(new MemoryContainer("broken-off"), true);
    List<TestRecord> records = records(500);
    try (Shipper stuck = shipper(pool, silent, config(2), log(records))) {
      stuck.start();
      silent.awaitPuts(2);
      stuck.abort();
    }
    try (Shipper next = shipper(pool, new MemoryContainer("next"), config(4), log(records))) {
      next.start();
      listener.awaitReplicated(records.size());
    }
    assertTrue(silent.contentIsUnchanged());
  }

  /** Whoever keeps a shipper to read its figures does not keep its memory. */
  @Test
  void itsMemoryBesideTheBuffersIsLetGoOf() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(1, 0, SEGMENT_BYTES);
    List<TestRecord> records = records(300);
    Shipper shipper = shipper(pool, new MemoryContainer("memory"), config(1), log(records));
    long before = DirectMemory.bytes();
    shipper.start();
    listener.awaitReplicated(records.size());
    shipper.close();
    long buffersBytes = 2L * SegmentBuffers.bufferBytes(SEGMENT_BYTES);
    assertTrue(DirectMemory.bytes() <= before + buffersBytes);
    assertEquals(records.size(), shipper.replicatedLsn());
  }
}
