package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

final class SegmentTest {
  private static final UUID DOMAIN = new UUID(7, 7);

  private static MemoryContainer container(SealedSegment segment) {
    MemoryContainer container = new MemoryContainer("segment");
    container.put(segment.objectName(), segment.content());
    return container;
  }

  private static SegmentPlace place(long number) {
    return new SegmentPlace(DOMAIN, number, 1, 1, Digest.ZERO, 5);
  }

  private static SegmentIndex index(MemoryContainer container, String name) throws IOException {
    long number = ObjectNames.number(name);
    ObjectHead head =
        ObjectHead.read(container, number, container.stat(name).orElseThrow().sizeBytes());
    return head.index(ByteBuffer.allocate(head.header().indexRawBytes()));
  }

  /** Many disks, so that chunks are closed early; long records, which have chunks of their own. */
  @Test
  void holdsWhatWasAdded() throws Exception {
    long seed = Seeds.next("holdsWhatWasAdded");
    for (int round = 0; round < 20; round++) {
      SplittableRandom random = new SplittableRandom(seed + round);
      int disks = 1 + random.nextInt(60);
      int lengthMax = 1 << (9 + random.nextInt(12));
      List<TestRecord> records =
          new TestWorkload(seed + round, disks, 4000, lengthMax).run(1000).records();
      int segmentBytes = 4096 << random.nextInt(12);
      SegmentBuilder builder = Builders.builder(segmentBytes, 1 + random.nextInt(2000));
      SegmentBuffers.Share buffers = TestChains.share(segmentBytes, 0);
      int next = 0;
      for (int number = 2; next < records.size(); number++) {
        int first = next;
        builder.begin(buffers.take(), first + 1L);
        while (next < records.size() && builder.fits(records.get(next).dataBytes())) {
          Builders.add(builder, records.get(next++));
        }
        try (SealedSegment segment = builder.seal(place(number))) {
          MemoryContainer container = container(segment);
          CheckedObject.read(container, container.stat(segment.objectName()).orElseThrow());
          assertTrue(next == first + 1 || segment.content().lengthBytes() <= segmentBytes);
          assertHolds(records.subList(first, next), container, segment);
        }
      }
    }
  }

  /** All names as long and as many as can be, in the smallest segment. */
  @Test
  void theLongestRecordFitsWhateverTheSegment() throws Exception {
    int segmentBytes = 4096;
    SegmentBuilder builder = Builders.builder(segmentBytes, 1);
    DomainCatalog catalog = builder.catalog();
    for (int host = 0; host < DomainCatalog.HOSTS_MAX; host++) {
      catalog.host(host, longName(host), new UUID(1, host));
    }
    catalog.disk(1, longName(1), longName(2), 512, 1 << 30);
    byte[] noise = new byte[Format.RECORD_DATA_BYTES_MAX];
    new SplittableRandom(1).nextBytes(noise);
    ByteBuffer data = ByteBuffer.wrap(noise);
    builder.begin(TestChains.share(segmentBytes, 0).take(), 1);
    builder.add(RecordType.WRITE, 0, 0, 1, 1, 0, noise.length, 1, crc(data), data);
    try (SealedSegment segment = builder.seal(place(2))) {
      MemoryContainer container = container(segment);
      CheckedObject.read(container, container.stat(segment.objectName()).orElseThrow());
      assertTrue(segment.content().lengthBytes() > noise.length);
    }
  }

  private static String longName(int number) {
    return String.format("%0" + Format.NAME_BYTES_MAX + "d", number);
  }

  /** What fits is taken, even when each record brings a host along. */
  @Test
  void aSegmentIsFullBeforeItsNamesAreTooMany() throws Exception {
    for (int segmentBytes = 4096;
        segmentBytes < 4096 + 2 * Format.HOST_ENTRY_BYTES_MAX;
        segmentBytes++) {
      SegmentBuilder builder = Builders.builder(segmentBytes, 1000);
      builder.begin(TestChains.share(segmentBytes, 0).take(), 1);
      for (int host = 0; builder.fits(0); host++) {
        builder.catalog().host(host, longName(host), new UUID(1, host));
        builder.add(RecordType.HOST_ATTACHED, 0, host, 0, 0, 0, 0, 1, 0, ByteBuffer.allocate(0));
      }
      try (SealedSegment segment = builder.seal(place(2))) {
        assertTrue(segment.content().lengthBytes() <= segmentBytes);
      }
    }
  }

  private static void assertHolds(
      List<TestRecord> records, MemoryContainer container, SealedSegment segment)
      throws IOException {
    String name = segment.objectName();
    SegmentIndex index = index(container, name);
    assertEquals(records.size(), index.recordCount());
    ByteBuffer object = container.readAll(name, Format.OBJECT_BYTES_MAX);
    Map<Integer, ByteBuffer> chunks = new HashMap<>();
    for (int i = 0; i < records.size(); i++) {
      TestRecord record = records.get(i);
      assertEquals(record.type(), index.type(i));
      assertEquals(record.timeMicros(), index.timeMicros(i));
      if (record.dataBytes() > 0) {
        ByteBuffer raw = chunks.get(index.chunk(i));
        if (raw == null) {
          ChunkRef ref = ChunkRef.of(index, index.chunk(i));
          raw = ByteBuffer.allocate(ref.rawBytes());
          ref.decode("memory", name, object, (int) ref.offset(), raw);
          chunks.put(index.chunk(i), raw);
        }
        assertEquals(record.data(), raw.slice(index.chunkPosition(i), record.dataBytes()));
      }
    }
  }

  @Test
  void refusesWhatTheFormatDoesNotAllow() throws Exception {
    SegmentBuilder builder = Builders.builder(1 << 20, 100);
    builder.catalog().host(0, "host", new UUID(1, 1));
    builder.catalog().disk(1, "vm", "disk", 512, 8192);
    builder.begin(TestChains.share(1 << 20, 0).take(), 1);
    ByteBuffer data = ByteBuffer.allocate(1024);
    int crc = crc(data);
    builder.add(RecordType.WRITE, 0, 0, 1, 1, 0, 1024, 1, crc, data);
    for (long[] bad :
        new long[][] {
          {-512, 1024},
          {256, 1024},
          {8192 - 512, 1024},
          {0, 512},
          {0, 1000},
          {Long.MAX_VALUE - 511, 1024}
        }) {
      assertThrows(
          IllegalArgumentException.class,
          () -> builder.add(RecordType.WRITE, 0, 0, 1, 1, bad[0], bad[1], 1, crc, data),
          () -> Arrays.toString(bad));
    }
    ByteBuffer none = ByteBuffer.allocate(0);
    assertThrows(
        IllegalArgumentException.class,
        () -> builder.add(RecordType.ZERO, 0, 0, 1, 1, 0, 0, 1, 0, none));
    assertThrows(
        IllegalArgumentException.class,
        () -> builder.add(RecordType.ZERO, 1, 0, 1, 1, 0, 512, 1, 0, none));
    assertThrows(
        IllegalArgumentException.class,
        () -> builder.add(RecordType.WRITE, 0, 5, 1, 1, 0, 1024, 1, crc, data));
    assertThrows(
        IllegalArgumentException.class,
        () -> builder.add(RecordType.WRITE, 0, 0, 1, 2, 0, 1024, 1, crc, data));
    assertThrows(
        CorruptRecordException.class,
        () -> builder.add(RecordType.WRITE, 0, 0, 1, 1, 0, 1024, 1, crc + 1, data));
    assertEquals(1, builder.recordCount());
    assertThrows(
        IllegalArgumentException.class, () -> builder.catalog().disk(1, "vm", "disk", 512, 4096));
    assertThrows(
        IllegalArgumentException.class, () -> builder.catalog().disk(2, "../x", "disk", 512, 4096));
  }

  private static int crc(ByteBuffer data) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    return (int) crc.getValue();
  }

  /**
   * Whatever an index says, reading it ends with an index that keeps the rules or with a
   * CorruptObjectException: the damage here is under sound checksums, as from a hostile writer.
   */
  @Test
  void hostileIndexesAreRefused() throws Exception {
    long seed = Seeds.next("hostileIndexesAreRefused");
    SplittableRandom random = new SplittableRandom(seed);
    List<TestRecord> records = new TestWorkload(seed, 4, 100, 4096).run(60).records();
    SegmentBuilder builder = Builders.builder(1 << 20, 1000);
    builder.begin(TestChains.share(1 << 20, 0).take(), 1);
    for (TestRecord record : records) {
      Builders.add(builder, record);
    }
    ObjectHeader header;
    ByteBuffer raw;
    String name;
    try (SealedSegment segment = builder.seal(place(2))) {
      header = segment.header();
      name = segment.objectName();
      ObjectHead head = ObjectHead.read(container(segment), 2, header.objectBytes());
      raw = ByteBuffer.allocate(header.indexRawBytes());
      head.index(raw);
    }
    ObjectRef ref = new ObjectRef("memory", name);
    int refused = 0;
    for (int i = 0; i < 30_000; i++) {
      byte[] bytes = raw.array().clone();
      mutate(bytes, random);
      ByteBuffer stored = ByteBuffer.wrap(bytes);
      ObjectHeader hostile = hostile(header, stored, random);
      try {
        SegmentIndex index =
            SegmentIndex.parse(ref, hostile, stored, ByteBuffer.allocate(hostile.indexRawBytes()));
        useAll(index);
      } catch (CorruptObjectException e) {
        refused++;
      }
    }
    assertTrue(refused > 10_000, "refused " + refused);
  }

  private static void mutate(byte[] bytes, SplittableRandom random) {
    int changes = random.nextInt(3);
    for (int c = 0; c < changes; c++) {
      int at = random.nextInt(bytes.length);
      int width = Math.min(1 << random.nextInt(4), bytes.length - at);
      byte value = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
      Arrays.fill(bytes, at, at + width, value);
    }
  }

  /**
   * The same header with checksum and counts changed: what passes the header's own check, as far as
   * that goes.
   */
  private static ObjectHeader hostile(ObjectHeader h, ByteBuffer stored, SplittableRandom random)
      throws CorruptObjectException {
    int chunks = h.chunkCount() + (random.nextInt(8) == 0 ? random.nextInt(-2, 3) : 0);
    int disks = h.diskCount() + (random.nextInt(8) == 0 ? random.nextInt(-2, 60) : 0);
    int hosts = h.hostCount() + (random.nextInt(8) == 0 ? random.nextInt(60_000) : 0);
    ObjectHeader changed =
        new ObjectHeader(
            h.kind(),
            h.number(),
            h.epoch(),
            h.firstLsn(),
            h.lastLsn(),
            h.firstTimeMicros(),
            h.lastTimeMicros(),
            h.storedThrough(),
            h.nextNumber(),
            h.domainId(),
            h.previousDigest(),
            stored.remaining(),
            stored.remaining(),
            Crc.of(stored, 0, stored.remaining()),
            h.dataBytes(),
            chunks,
            disks,
            hosts,
            h.createdMicros(),
            h.rawBytes(),
            h.nonce());
    ByteBuffer encoded = ByteBuffer.allocate(Format.HEADER_BYTES);
    changed.encode(encoded, 0);
    return ObjectHeader.parse(new ObjectRef("memory", "hostile"), encoded, h.number());
  }

  private static void useAll(SegmentIndex index) {
    long sum = 0;
    for (int i = 0; i < index.recordCount(); i++) {
      sum += index.offsetBytes(i) + index.lengthBytes(i) + index.type(i).code();
      sum += index.hosts().get(index.host(i)).lastSeq();
      if (index.type(i).namesDisk()) {
        sum += index.disks().get(index.disk(i)).number();
      }
      if (index.chunk(i) >= 0) {
        sum += index.chunkRawBytes(index.chunk(i)) - index.chunkPosition(i) - index.lengthBytes(i);
      }
    }
    assertTrue(sum != Long.MIN_VALUE);
  }

  /** Every field of a header set to every kind of extreme value, under a sound checksum. */
  @Test
  void hostileHeadersAreRefused() throws Exception {
    ChainState state = new ChainState(DOMAIN);
    ObjectHeader fence = ChainOwner.fence(state, DOMAIN, 5, 6);
    ByteBuffer sound = ChainOwner.encode(fence);
    ObjectRef ref = new ObjectRef("memory", "hostile");
    assertEquals(fence, ObjectHeader.parse(ref, sound, 1));
    List<Integer> accepted = new ArrayList<>();
    for (int at = 0; at < 252; at += 4) {
      for (long value : new long[] {0, 1, 2, 0x7FFFFFFF, 0x80000000L, 0xFFFFFFFFL}) {
        ByteBuffer changed = ByteBuffer.allocate(sound.limit()).put(0, sound, 0, sound.limit());
        if (changed.getInt(at) != (int) value) {
          changed.putInt(at, (int) value);
          changed.putInt(252, Crc.of(changed, 0, 252));
          try {
            ObjectHeader.parse(ref, changed, 1);
            accepted.add(at);
          } catch (CorruptObjectException e) {
            assertEquals("hostile", e.object());
          }
        }
      }
    }
    // Epoch, domain id, previous digest, creation time and nonce may have any value within their
    // range.
    List<Integer> free =
        List.of(24, 28, 80, 84, 88, 92, 96, 100, 104, 108, 112, 116, 120, 124, 184, 188, 200, 204);
    assertTrue(free.containsAll(accepted), accepted::toString);
  }

  @Test
  void lz4BlocksThatLieAreRefused() {
    SplittableRandom random = new SplittableRandom(Seeds.next("lz4BlocksThatLieAreRefused"));
    for (int i = 0; i < 20_000; i++) {
      byte[] block = new byte[1 + random.nextInt(60)];
      random.nextBytes(block);
      int rawBytes = 1 + random.nextInt(200);
      byte[] guarded = new byte[rawBytes + 64];
      Arrays.fill(guarded, (byte) 0x5A);
      Lz4.decode(ByteBuffer.wrap(block), 0, block.length, ByteBuffer.wrap(guarded), 0, rawBytes);
      for (int g = rawBytes; g < guarded.length; g++) {
        assertEquals(0x5A, guarded[g]);
      }
    }
  }
}
