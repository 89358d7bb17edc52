package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

/**
 * A container whose bytes are kept with the sources. Every build must be able to read it, and this
 * one must still write it. A change of format comes with another version, another golden container
 * and this one untouched.
 *
 * <p>What the test writes is left in {@code target/golden}.
 */
final class GoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final List<String> OBJECTS =
      List.of("domain", ObjectNames.chain(1), ObjectNames.chain(18));
  private static final UUID DOMAIN = new UUID(0x0102030405060708L, 0x090A0B0C0D0E0F10L);
  private static final TestRecord.Host HOST_A = new TestRecord.Host(0, "esx-a", new UUID(1, 2));
  private static final TestRecord.Host HOST_B = new TestRecord.Host(1, "esx-b", new UUID(3, 4));
  private static final TestRecord.Disk SMALL = new TestRecord.Disk(1, "web", "root", 512, 64 << 10);
  private static final TestRecord.Disk LARGE = new TestRecord.Disk(2, "db", "data", 4096, 1 << 20);
  private static final long CREATED_MICROS = 1_750_000_000_000_000L;
  private static final long FIRST_MICROS = 1_750_000_001_000_000L;

  /** One record of every type. */
  private static List<TestRecord> records() {
    List<TestRecord> records = new ArrayList<>();
    add(records, RecordType.HOST_ATTACHED, 0, HOST_A, 0, null, 0, 0, null);
    add(records, RecordType.DISK_OPENED, 0, HOST_A, 0, SMALL, SMALL.capacityBytes(), 512, null);
    add(records, RecordType.WRITE, 0, HOST_A, 1, SMALL, 1024, 2048, pattern(2048));
    add(records, RecordType.HOST_ATTACHED, 0, HOST_B, 0, null, 0, 0, null);
    add(records, RecordType.DISK_OPENED, 0, HOST_B, 0, LARGE, LARGE.capacityBytes(), 4096, null);
    add(records, RecordType.BASELINE, 0, HOST_B, 1, LARGE, 0, 4096, noise(1, 4096));
    add(records, RecordType.BASELINE, 1, HOST_B, 2, LARGE, 8192, 4096, noise(2, 4096));
    add(records, RecordType.ZERO, 0, HOST_A, 2, SMALL, 1536, 512, null);
    add(records, RecordType.DISCARD, 0, HOST_B, 3, LARGE, 8192, 4096, null);
    add(records, RecordType.WRITE, 0, HOST_A, 3, SMALL, 65_024, 512, pattern(512));
    add(records, RecordType.HOST_CLOSED, 0, HOST_B, 0, null, 0, 0, null);
    return records;
  }

  private static void add(
      List<TestRecord> records,
      RecordType type,
      int flags,
      TestRecord.Host host,
      long sequence,
      TestRecord.Disk disk,
      long offset,
      long length,
      byte[] data) {
    byte[] bytes = data == null ? new byte[0] : data;
    long lsn = records.size() + 1L;
    records.add(
        new TestRecord(
            lsn,
            type,
            flags,
            host,
            sequence,
            disk,
            offset,
            length,
            FIRST_MICROS + lsn * 1000,
            ByteBuffer.allocateDirect(bytes.length).put(bytes).flip()));
  }

  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i % 23 + i / 512);
    }
    return bytes;
  }

  /** Bytes that do not compress, the same on every machine: a linear congruential generator. */
  private static byte[] noise(int seed, int length) {
    byte[] bytes = new byte[length];
    long state = seed;
    for (int i = 0; i < length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      bytes[i] = (byte) (state >>> 56);
    }
    return bytes;
  }

  private static MemoryContainer written() throws Exception {
    MemoryContainer container = new MemoryContainer("golden");
    DomainDescriptor descriptor = new DomainDescriptor(DOMAIN, CREATED_MICROS, "golden");
    container.put("domain", ObjectContent.of(descriptor.encode()));
    ChainHead head =
        ChainOwner.inspect(
                container,
                "golden",
                () -> CREATED_MICROS + 1,
                Thread.ofPlatform().factory(),
                () -> 0x0123456789ABCDEFL)
            .take();
    // The portable implementation: its output does not depend on the machine.
    SegmentBuilder builder =
        new SegmentBuilder(
            1 << 20,
            1000,
            new DomainCatalog(List.of(), List.of()),
            0,
            LZ4Factory.safeInstance().fastCompressor());
    builder.begin(TestChains.share(1 << 20, 0).take(), 1);
    for (TestRecord r : records()) {
      Builders.add(builder, r);
    }
    SegmentPlace place =
        new SegmentPlace(
            DOMAIN, head.nextNumber(), head.epoch(), 1, head.lastDigest(), CREATED_MICROS + 2);
    try (SealedSegment segment = builder.seal(place)) {
      container.put(segment.objectName(), segment.content());
    }
    return container;
  }

  @Test
  void writesTheGoldenObjects() throws Exception {
    MemoryContainer container = written();
    assertEquals(
        OBJECTS.stream().sorted().toList(), container.objects().keySet().stream().toList());
    Path target = Path.of("target/golden");
    Files.createDirectories(target.resolve("chain"));
    for (String object : OBJECTS) {
      Files.write(target.resolve(object), container.objects().get(object));
    }
    for (String object : OBJECTS) {
      assertArrayEquals(
          Files.readAllBytes(GOLDEN.resolve(object)), container.objects().get(object), object);
    }
  }

  @Test
  void readsTheGoldenObjects() throws IOException {
    Container golden = ObjectStores.open("dir:" + GOLDEN.getParent(), Map.of()).container("golden");
    assertEquals(
        new DomainDescriptor(DOMAIN, CREATED_MICROS, "golden"), DomainDescriptor.read(golden));
    List<TestRecord> records = records();
    ChainSummary summary =
        ChainReader.walk(
            golden,
            new ChainVisitor() {
              @Override
              public void segment(SegmentIndex index) {
                assertEquals(records.size(), index.recordCount());
                for (int i = 0; i < records.size(); i++) {
                  assertRecord(records.get(i), index, i);
                }
                assertEquals(2, index.chunkCount());
                assertTrue(index.chunkCompressed(0));
                assertFalse(index.chunkCompressed(1));
              }
            });
    ChainHead head = summary.head();
    assertEquals(19, head.nextNumber());
    assertEquals(1, head.epoch());
    assertEquals(records.size(), head.lastLsn());
    assertEquals(
        List.of(
            new HostPosition("esx-a", HOST_A.incarnation(), 3),
            new HostPosition("esx-b", HOST_B.incarnation(), 3)),
        head.hosts());
    assertEquals(
        List.of(
            new DiskInfo(1, 512, 64 << 10, BaselineState.NEVER_BEGUN, "web", "root"),
            new DiskInfo(2, 4096, 1 << 20, BaselineState.COMPLETE, "db", "data")),
        head.disks());
    for (String object : OBJECTS.subList(1, 3)) {
      CheckedObject.read(golden, golden.stat(object).orElseThrow());
    }
  }

  private static void assertRecord(TestRecord expected, SegmentIndex index, int i) {
    assertEquals(expected.lsn(), index.lsn(i));
    assertEquals(expected.type(), index.type(i));
    assertEquals(expected.flags(), index.flags(i));
    assertEquals(expected.offsetBytes(), index.offsetBytes(i));
    assertEquals(expected.lengthBytes(), index.lengthBytes(i));
    assertEquals(expected.timeMicros(), index.timeMicros(i));
    assertEquals(expected.dataCrc32c(), index.dataCrc32c(i));
    assertEquals(expected.host().name(), index.hosts().get(index.host(i)).host());
    if (expected.disk() != null) {
      assertEquals(expected.disk().number(), index.disks().get(index.disk(i)).number());
    }
  }

  @Test
  void magicsAreWhatThePageSays() {
    byte[] magic = ByteBuffer.allocate(8).putLong(Format.MAGIC_CHAIN).array();
    assertTrue(Arrays.equals("DRVACHN1".getBytes(US_ASCII), magic));
  }
}
