package io.drva.blobsink;

import io.drva.benchmarks.Limits;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Feeds a segment builder writes of 2:1 data to a few disks, in turn. Allocates nothing per write.
 */
final class SampleSegment {
  private static final int DATA_BYTES = 16 << 20;
  private static final int DISKS = 4;
  private static final long CAPACITY_BYTES = 1L << 40;
  private static final UUID DOMAIN = new UUID(1, 1);

  private final int writeBytes;
  private final int[] crcs;

  /** Long enough that LZ4 does not find one write's data in another's. */
  private final ByteBuffer data = Limits.twoToOne(DATA_BYTES);

  private final SegmentBuffers.Share buffers;
  private final SegmentBuilder builder;
  private long seq;
  private long number = 1;

  SampleSegment(int writeBytes, int segmentBytes, int recordsMax) throws TooManyDomainsException {
    this.writeBytes = writeBytes;
    this.crcs = new int[DATA_BYTES / writeBytes];
    CRC32C crc = new CRC32C();
    for (int i = 0; i < crcs.length; i++) {
      crc.reset();
      crc.update(write(i));
      crcs[i] = (int) crc.getValue();
    }
    buffers = new SegmentBuffers(1, 0, segmentBytes).join("sample", 0);
    builder =
        new SegmentBuilder(segmentBytes, recordsMax, new DomainCatalog(List.of(), List.of()), 0);
    builder.catalog().host(0, "host", new UUID(2, 2));
    for (int disk = 1; disk <= DISKS; disk++) {
      builder.catalog().disk(disk, "vm", "disk" + disk, 512, CAPACITY_BYTES);
    }
  }

  private ByteBuffer write(int i) {
    return data.limit((i + 1) * writeBytes).position(i * writeBytes);
  }

  boolean isFull() {
    return builder.isOpen() && !builder.fits(writeBytes);
  }

  /** Adds the next write; begins a segment if none is under way. */
  void add() throws CorruptRecordException, InterruptedException {
    if (!builder.isOpen()) {
      builder.begin(buffers.take(), seq + 1);
    }
    int i = (int) (seq % crcs.length);
    seq++;
    int disk = 1 + (int) (seq % DISKS);
    long offset = seq * writeBytes % CAPACITY_BYTES;
    builder.add(RecordType.WRITE, 0, 0, seq, disk, offset, writeBytes, seq, crcs[i], write(i));
  }

  SealedSegment seal() {
    number++;
    return builder.seal(new SegmentPlace(DOMAIN, number, 1, number - 1, Digest.ZERO, seq));
  }

  void close() {
    builder.abandon();
  }
}
