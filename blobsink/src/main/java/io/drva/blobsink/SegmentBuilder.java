package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;

/**
 * Packs records into a segment: keeps the record table and the disk table, and leaves the data to
 * {@link ChunkPacker}. Owned by one thread; allocates nothing per record.
 */
final class SegmentBuilder {
  /** The least and the most that a segment may aim at, bytes. */
  private static final int SEGMENT_BYTES_MIN = 4 << 10;

  private static final int SEGMENT_BYTES_MAX = Format.OBJECT_BYTES_MAX;

  /**
   * Room for the disk and host tables of an index, bytes; a segment is full when it is used up. A
   * disk and all hosts that a domain can have fit in.
   */
  private static final int NAME_TABLES_BYTES = 256 << 10;

  private final int segmentBytes;
  private final int recordsMax;
  private final DomainCatalog catalog;
  private final LZ4Compressor compressor;
  private final CRC32C crc = new CRC32C();

  /**
   * The raw index: room for the names, the chunk table and, from {@link #recordsAt} on, the record
   * table. What is in front of the record table is moved up to it at the end.
   */
  private final ByteBuffer index;

  private final int recordsAt;
  private final ChunkPacker packer;
  private final DomainCatalog.Disk[] disks;

  private SegmentBuffers.Buffer buffer;
  private long firstLsn;
  private long firstTimeMicros;
  private long lastTimeMicros;
  private int recordCount;
  private int diskCount;

  /**
   * Prepares a builder; it is of use for any number of segments.
   *
   * @param segmentBytes length at which a segment is full, at most that of the buffers it gets
   * @param recordsMax records at which a segment is full
   */
  SegmentBuilder(int segmentBytes, int recordsMax, DomainCatalog catalog, long lastTimeMicros) {
    this(segmentBytes, recordsMax, catalog, lastTimeMicros, Lz4.compressor());
  }

  SegmentBuilder(
      int segmentBytes,
      int recordsMax,
      DomainCatalog catalog,
      long lastTimeMicros,
      LZ4Compressor compressor) {
    this.segmentBytes = segmentBytes;
    this.recordsMax = recordsMax;
    this.catalog = catalog;
    this.lastTimeMicros = lastTimeMicros;
    this.compressor = compressor;
    int chunksBytes = recordsMax * Format.CHUNK_ENTRY_BYTES;
    this.index = ByteBuffer.allocateDirect(indexBytesMax(recordsMax));
    this.recordsAt = NAME_TABLES_BYTES + chunksBytes;
    this.packer = new ChunkPacker(compressor, index.slice(NAME_TABLES_BYTES, chunksBytes));
    this.disks = new DomainCatalog.Disk[Math.min(recordsMax, Format.NAMES_MAX)];
  }

  static void requireSegmentBytes(int segmentBytes) {
    if (segmentBytes < SEGMENT_BYTES_MIN || segmentBytes > SEGMENT_BYTES_MAX) {
      throw new IllegalArgumentException("bytes of a segment out of range: " + segmentBytes);
    }
  }

  /** What the longest raw index of so many records can have. */
  private static int indexBytesMax(int recordsMax) {
    return NAME_TABLES_BYTES + recordsMax * (Format.RECORD_ENTRY_BYTES + Format.CHUNK_ENTRY_BYTES);
  }

  /** The longest object: one of the length aimed at, or one with a single record that is longer. */
  static int objectBytesMax(int segmentBytes) {
    return Math.max(
        segmentBytes,
        Format.HEADER_BYTES
            + indexBytesMax(1)
            + Format.RECORD_DATA_BYTES_MAX
            + Format.FOOTER_BYTES);
  }

  /** The direct memory that a builder has at most. */
  static int directBytesMax(int recordsMax) {
    return indexBytesMax(recordsMax) + ChunkPacker.STAGING_BYTES_MAX;
  }

  DomainCatalog catalog() {
    return catalog;
  }

  /** Whether a segment is under way. */
  boolean isOpen() {
    return buffer != null;
  }

  int recordCount() {
    return recordCount;
  }

  /** The LSN that the next record gets. */
  long nextLsn() {
    return firstLsn + recordCount;
  }

  /**
   * Begins a segment.
   *
   * @param target owned by the builder until {@link #seal} hands it on or {@link #abandon} gives it
   *     back
   */
  void begin(SegmentBuffers.Buffer target, long lsn) {
    if (buffer != null) {
      throw new IllegalStateException("a segment is under way");
    }
    buffer = target;
    firstLsn = lsn;
    recordCount = 0;
    diskCount = 0;
    packer.begin(target.bytes);
  }

  /** Whether a record with so much data still belongs in this segment; the first always does. */
  boolean fits(int dataBytes) {
    // Before it is added, the record may introduce a host.
    return fits(catalog.hostCount() + 1, dataBytes);
  }

  /** The longest that the object can get with the record, should nothing compress, decides. */
  private boolean fits(int hostCount, int dataBytes) {
    int nameBytes =
        (diskCount + 1) * Format.DISK_ENTRY_BYTES_MAX + hostCount * Format.HOST_ENTRY_BYTES_MAX;
    int indexBytes =
        nameBytes
            + (packer.chunksBegun() + 1) * Format.CHUNK_ENTRY_BYTES
            + (recordCount + 1) * Format.RECORD_ENTRY_BYTES;
    int objectBytes =
        Format.HEADER_BYTES + indexBytes + packer.bytes() + dataBytes + Format.FOOTER_BYTES;
    return recordCount == 0
        || (recordCount < recordsMax
            && nameBytes <= NAME_TABLES_BYTES
            && objectBytes <= segmentBytes);
  }

  /**
   * Adds the record with the next LSN.
   *
   * @param sequence the record's number in its host's sequence; 0 for a record that is not
   *     sequenced
   * @param diskNumber the disk, introduced to the catalog; ignored by types that name none
   * @param offsetBytes of the extent; for DISK_OPENED the capacity
   * @param lengthBytes of the extent; for DISK_OPENED the sector size
   * @param timeMicros when it was written; a time before that of the previous record counts as that
   * @param data the record's data from position to limit, direct or with an array, else empty;
   *     copied before this returns, and left as it is
   * @throws CorruptRecordException when the data does not match its checksum
   * @throws IllegalArgumentException when the format does not allow the record
   */
  void add(
      RecordType type,
      int flags,
      int hostNumber,
      long sequence,
      int diskNumber,
      long offsetBytes,
      long lengthBytes,
      long timeMicros,
      int dataCrc32c,
      ByteBuffer data)
      throws CorruptRecordException {
    if (!fits(catalog.hostCount(), data.remaining())) {
      throw new IllegalStateException("the segment is full");
    }
    DomainCatalog.Host host = catalog.hostOf(hostNumber);
    DomainCatalog.Disk disk = type.namesDisk() ? catalog.diskOf(diskNumber) : null;
    check(type, flags, disk, offsetBytes, lengthBytes, data.remaining());
    int diskIndex = disk == null ? Format.NO_DISK : tableIndex(disk);
    int chunk = Format.NO_CHUNK;
    int chunkPosition = 0;
    if (type.hasData()) {
      checkData(dataCrc32c, data);
      chunk = packer.add(disk, data);
      chunkPosition = packer.lastPosition();
    }
    host.lastSeq = Math.max(host.lastSeq, sequence);
    if (type == RecordType.BASELINE) {
      disk.baseline =
          (flags & Format.FLAG_BASELINE_LAST) != 0 ? BaselineState.COMPLETE : BaselineState.RUNNING;
    }
    lastTimeMicros = Math.max(lastTimeMicros, timeMicros);
    if (recordCount == 0) {
      firstTimeMicros = lastTimeMicros;
    }
    int at = recordsAt + recordCount * Format.RECORD_ENTRY_BYTES;
    index.putLong(at, offsetBytes);
    index.putLong(at + 8, lastTimeMicros);
    index.putInt(at + 16, (int) lengthBytes);
    index.putInt(at + 20, chunk);
    index.putInt(at + 24, chunkPosition);
    index.putInt(at + 28, type.hasData() ? dataCrc32c : 0);
    index.putShort(at + 32, (short) diskIndex);
    index.putShort(at + 34, (short) host.tableIndex);
    index.put(at + 36, (byte) type.code());
    index.put(at + 37, (byte) flags);
    index.putShort(at + 38, (short) 0);
    recordCount++;
  }

  private static void check(
      RecordType type,
      int flags,
      DomainCatalog.Disk disk,
      long offsetBytes,
      long lengthBytes,
      int dataBytes) {
    boolean sound;
    if (type.hasExtent()) {
      sound =
          offsetBytes >= 0
              && lengthBytes > 0
              && lengthBytes <= 0xFFFF_FFFFL
              && offsetBytes % disk.sectorBytes == 0
              && lengthBytes % disk.sectorBytes == 0
              && offsetBytes <= disk.capacityBytes - lengthBytes;
    } else if (type == RecordType.DISK_OPENED) {
      sound = offsetBytes == disk.capacityBytes && lengthBytes == disk.sectorBytes;
    } else {
      sound = offsetBytes == 0 && lengthBytes == 0;
    }
    int flagsAllowed = type == RecordType.BASELINE ? Format.FLAG_BASELINE_LAST : 0;
    if (!sound
        || (flags & ~flagsAllowed) != 0
        || dataBytes != (type.hasData() ? lengthBytes : 0)
        || dataBytes > Format.RECORD_DATA_BYTES_MAX) {
      throw new IllegalArgumentException(
          "the format does not allow the record: "
              + type
              + ", flags "
              + flags
              + ", offset "
              + offsetBytes
              + ", length "
              + lengthBytes
              + ", data of "
              + dataBytes
              + " bytes"
              + (disk == null
                  ? ""
                  : ", disk "
                      + disk.vm
                      + "/"
                      + disk.disk
                      + " of "
                      + disk.capacityBytes
                      + " bytes"));
    }
  }

  private void checkData(int dataCrc32c, ByteBuffer data) throws CorruptRecordException {
    int position = data.position();
    crc.reset();
    crc.update(data);
    data.position(position);
    if ((int) crc.getValue() != dataCrc32c) {
      throw new CorruptRecordException(
          "the data of the record with LSN "
              + nextLsn()
              + " does not match its checksum; it was damaged on this machine");
    }
  }

  private int tableIndex(DomainCatalog.Disk disk) {
    if (disk.tableIndex < 0) {
      disk.tableIndex = diskCount;
      disks[diskCount++] = disk;
    }
    return disk.tableIndex;
  }

  /**
   * Ends the segment. The builder is ready for the next one.
   *
   * @return owns the buffer that was given to {@link #begin}
   */
  SealedSegment seal(SegmentPlace place) {
    if (buffer == null || recordCount == 0) {
      throw new IllegalStateException("there is nothing to seal");
    }
    int dataBytes = packer.finish();
    for (int i = 0; i < recordCount; i++) {
      int at = recordsAt + i * Format.RECORD_ENTRY_BYTES + 20;
      int provisional = index.getInt(at);
      if (provisional != Format.NO_CHUNK) {
        index.putInt(at, packer.chunk(provisional));
      }
    }
    // In the buffer the data comes first, because it is there already.
    ByteBuffer bytes = buffer.bytes.clear();
    int rawIndexBytes = writeIndex();
    int storedIndexBytes = storeIndex(bytes, dataBytes + Format.HEADER_BYTES, rawIndexBytes);
    int headBytes = Format.HEADER_BYTES + storedIndexBytes;
    ByteBuffer data = bytes.slice(0, dataBytes);
    ByteBuffer head = bytes.slice(dataBytes, headBytes);
    ByteBuffer footer = bytes.slice(dataBytes + headBytes, Format.FOOTER_BYTES);
    ObjectHeader header =
        new ObjectHeader(
            ObjectHeader.Kind.SEGMENT,
            place.number(),
            place.epoch(),
            firstLsn,
            nextLsn() - 1,
            firstTimeMicros,
            lastTimeMicros,
            place.storedThrough(),
            place.number() + 1,
            place.domainId(),
            place.previousDigest(),
            storedIndexBytes,
            rawIndexBytes,
            Crc.of(head, Format.HEADER_BYTES, storedIndexBytes),
            dataBytes,
            packer.chunkCount(),
            diskCount,
            catalog.hostCount(),
            place.createdMicros(),
            packer.rawBytes(),
            0);
    header.encode(head, 0);
    Digest digest = Digest.of(head);
    ObjectFooter.encode(footer, 0, header, digest);
    ObjectContent content = ObjectContent.of(head, data, footer);
    SealedSegment sealed = new SealedSegment(header, digest, content, catalog.positions(), buffer);
    release();
    return sealed;
  }

  /**
   * Puts the other tables in front of the record table, which is the bulk and stays where it is;
   * the index is then between position and limit.
   */
  private int writeIndex() {
    index.clear();
    int chunksBytes = packer.chunkCount() * Format.CHUNK_ENTRY_BYTES;
    int chunksAt = recordsAt - chunksBytes;
    index.put(chunksAt, index, NAME_TABLES_BYTES, chunksBytes);
    for (int i = 0; i < diskCount; i++) {
      DomainCatalog.writeDisk(index, disks[i]);
    }
    catalog.writeHostTable(index);
    int nameBytes = index.position();
    int indexAt = chunksAt - nameBytes;
    index.put(indexAt, index, 0, nameBytes);
    index.limit(recordsAt + recordCount * Format.RECORD_ENTRY_BYTES).position(indexAt);
    return index.remaining();
  }

  private int storeIndex(ByteBuffer target, int at, int rawIndexBytes) {
    int storedBytes =
        compressor.compress(
            index, index.position(), rawIndexBytes, target, at, Lz4.boundBytes(rawIndexBytes));
    if (storedBytes >= rawIndexBytes) {
      target.put(at, index, index.position(), rawIndexBytes);
      storedBytes = rawIndexBytes;
    }
    index.clear();
    return storedBytes;
  }

  /**
   * Drops the segment under way, if there is one. The catalog keeps what was added to it: the
   * builder is of no more use.
   */
  void abandon() {
    if (buffer != null) {
      packer.abandon();
      SegmentBuffers.Buffer target = buffer;
      release();
      target.close();
    }
  }

  private void release() {
    for (int i = 0; i < diskCount; i++) {
      disks[i].tableIndex = -1;
    }
    Arrays.fill(disks, 0, diskCount, null);
    buffer = null;
  }
}
