package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;

/**
 * Packs records into a segment. Owned by one thread; allocates nothing per record.
 *
 * <p>Records of one disk are gathered in a chunk of {@link StagedChunk#RAW_BYTES}, which is then
 * compressed to its place in the data. Few disks write at a time, so {@link #OPEN_CHUNKS_MAX} open
 * chunks are enough; when all are taken, the fullest is closed early.
 */
final class SegmentBuilder {
  static final int OPEN_CHUNKS_MAX = 16;

  private final SegmentBuffers buffers;
  private final DomainCatalog catalog;
  private final LZ4Compressor compressor;
  private final CRC32C crc = new CRC32C();
  private final StagedChunk[] chunks = new StagedChunk[OPEN_CHUNKS_MAX];
  private int chunksReserved;

  /**
   * The raw index: the record table from {@link #recordsAt} on, everything else put in front of it
   * at the end.
   */
  private final ByteBuffer index;

  private final int recordsAt;
  private final ByteBuffer chunkTable;
  private final DomainCatalog.Disk[] disks;
  private final int[] finalChunk;

  private SegmentBuffers.Buffer buffer;
  private long firstLsn;
  private long firstTimeMicros;
  private long lastTimeMicros;
  private int recordCount;
  private int chunkCount;
  private int provisionalCount;
  private int diskCount;
  private int stagedBytes;
  private long rawBytes;

  SegmentBuilder(SegmentBuffers buffers, DomainCatalog catalog, long lastTimeMicros) {
    this(buffers, catalog, lastTimeMicros, Lz4.compressor());
  }

  SegmentBuilder(
      SegmentBuffers buffers,
      DomainCatalog catalog,
      long lastTimeMicros,
      LZ4Compressor compressor) {
    this.buffers = buffers;
    this.catalog = catalog;
    this.lastTimeMicros = lastTimeMicros;
    this.compressor = compressor;
    int recordsMax = buffers.recordsMax();
    this.index = ByteBuffer.allocateDirect(buffers.indexBytesMax());
    this.recordsAt = buffers.indexBytesMax() - recordsMax * Format.RECORD_ENTRY_BYTES;
    this.chunkTable = ByteBuffer.allocateDirect(recordsMax * Format.CHUNK_ENTRY_BYTES);
    this.disks = new DomainCatalog.Disk[Math.min(recordsMax, Format.NAMES_MAX)];
    this.finalChunk = new int[recordsMax];
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

  long firstTimeMicros() {
    return firstTimeMicros;
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
    chunkCount = 0;
    provisionalCount = 0;
    diskCount = 0;
    stagedBytes = 0;
    rawBytes = 0;
    chunkTable.clear();
  }

  /** Whether a record with so much data still belongs in this segment; the first always does. */
  boolean fits(int dataBytes) {
    int nameBytes =
        (diskCount + 1) * Format.DISK_ENTRY_BYTES_MAX
            + (catalog.hostCount() + 1) * Format.HOST_ENTRY_BYTES_MAX;
    return recordCount == 0
        || (recordCount < buffers.recordsMax()
            && nameBytes <= SegmentBuffers.NAME_TABLES_BYTES
            && (dataBytes == 0
                || buffer.data.position() + stagedBytes + dataBytes <= buffers.targetBytes()));
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
    if (!fits(data.remaining())) {
      throw new IllegalStateException("the segment is full");
    }
    DomainCatalog.Host host = catalog.hostOf(hostNumber);
    DomainCatalog.Disk disk = type.namesDisk() ? catalog.diskOf(diskNumber) : null;
    check(type, flags, disk, offsetBytes, lengthBytes, data.remaining());
    int chunk = Format.NO_CHUNK;
    int chunkPosition = 0;
    if (type.hasData()) {
      checkData(dataCrc32c, data);
      if (data.remaining() >= StagedChunk.RAW_BYTES) {
        chunk = ownChunk(disk, data);
      } else {
        StagedChunk staged = stagedChunk(disk, data.remaining());
        chunk = staged.provisional;
        chunkPosition = staged.raw.position();
        staged.raw.put(chunkPosition, data, data.position(), data.remaining());
        staged.raw.position(chunkPosition + data.remaining());
        stagedBytes += data.remaining();
      }
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
    index.putShort(at + 32, (short) (disk == null ? Format.NO_DISK : tableIndex(disk)));
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

  private int ownChunk(DomainCatalog.Disk disk, ByteBuffer data) {
    int provisional = provisionalCount++;
    store(disk, provisional, data, data.position(), data.remaining());
    return provisional;
  }

  private StagedChunk stagedChunk(DomainCatalog.Disk disk, int dataBytes) {
    StagedChunk chunk = disk.chunk;
    if (chunk != null && chunk.raw.remaining() < dataBytes) {
      close(chunk);
      chunk = null;
    }
    if (chunk == null) {
      chunk = freeChunk();
      chunk.disk = disk;
      chunk.provisional = provisionalCount++;
      disk.chunk = chunk;
    }
    return chunk;
  }

  private StagedChunk freeChunk() {
    StagedChunk fullest = null;
    for (int i = 0; i < chunksReserved; i++) {
      StagedChunk chunk = chunks[i];
      if (chunk.disk == null) {
        return chunk;
      }
      if (fullest == null || chunk.raw.position() > fullest.raw.position()) {
        fullest = chunk;
      }
    }
    if (chunksReserved < OPEN_CHUNKS_MAX) {
      chunks[chunksReserved] = new StagedChunk(ByteBuffer.allocateDirect(StagedChunk.RAW_BYTES));
      return chunks[chunksReserved++];
    }
    close(fullest);
    return fullest;
  }

  private void close(StagedChunk chunk) {
    int lengthBytes = chunk.raw.position();
    stagedBytes -= lengthBytes;
    store(chunk.disk, chunk.provisional, chunk.raw, 0, lengthBytes);
    reset(chunk);
  }

  private static void reset(StagedChunk chunk) {
    chunk.disk.chunk = null;
    chunk.disk = null;
    chunk.raw.clear();
  }

  /** Compresses a chunk to the end of the data, or copies it when that is no shorter. */
  private void store(
      DomainCatalog.Disk disk, int provisional, ByteBuffer raw, int rawAt, int length) {
    ByteBuffer data = buffer.data;
    int at = data.position();
    int storedBytes = compressor.compress(raw, rawAt, length, data, at, Lz4.boundBytes(length));
    int codec = Format.CODEC_LZ4;
    if (storedBytes >= length) {
      storedBytes = length;
      codec = Format.CODEC_STORED;
      data.put(at, raw, rawAt, length);
    }
    data.limit(at + storedBytes).position(at);
    crc.reset();
    crc.update(data);
    data.clear().position(at + storedBytes);
    chunkTable.putLong(at).putInt(storedBytes).putInt(length).putInt((int) crc.getValue());
    chunkTable.putInt(codec << 24).putInt(tableIndex(disk)).putInt(0);
    finalChunk[provisional] = chunkCount++;
    rawBytes += length;
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
    for (int i = 0; i < chunksReserved; i++) {
      if (chunks[i].disk != null) {
        close(chunks[i]);
      }
    }
    for (int i = 0; i < recordCount; i++) {
      int at = recordsAt + i * Format.RECORD_ENTRY_BYTES + 20;
      int provisional = index.getInt(at);
      if (provisional != Format.NO_CHUNK) {
        index.putInt(at, finalChunk[provisional]);
      }
    }
    SegmentBuffers.Buffer target = buffer;
    target.data.flip();
    int rawIndexBytes = writeIndex();
    int storedIndexBytes = storeIndex(target.head, rawIndexBytes);
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
            Crc.of(target.head, Format.HEADER_BYTES, storedIndexBytes),
            target.data.remaining(),
            chunkCount,
            diskCount,
            catalog.hostCount(),
            place.createdMicros(),
            rawBytes);
    header.encode(target.head, 0);
    target.head.limit(Format.HEADER_BYTES + storedIndexBytes);
    Digest digest = Digest.of(target.head);
    ObjectFooter.encode(target.footer, 0, header, digest);
    release();
    return new SealedSegment(
        header,
        digest,
        ObjectContent.of(target.head, target.data, target.footer),
        catalog.positions(),
        target);
  }

  /**
   * Puts the other tables in front of the record table; the index is then between position and
   * limit.
   */
  private int writeIndex() {
    index.clear();
    for (int i = 0; i < diskCount; i++) {
      DomainCatalog.writeDisk(index, disks[i]);
    }
    catalog.writeHostTable(index);
    chunkTable.flip();
    index.put(chunkTable);
    // Moved up to the record table, which is the bulk and stays where it is.
    int tablesBytes = index.position();
    index.put(recordsAt - tablesBytes, index, 0, tablesBytes);
    int recordBytes = recordCount * Format.RECORD_ENTRY_BYTES;
    index.limit(recordsAt + recordBytes).position(recordsAt - tablesBytes);
    return tablesBytes + recordBytes;
  }

  private int storeIndex(ByteBuffer head, int rawIndexBytes) {
    int storedBytes =
        compressor.compress(
            index,
            index.position(),
            rawIndexBytes,
            head,
            Format.HEADER_BYTES,
            Lz4.boundBytes(rawIndexBytes));
    if (storedBytes >= rawIndexBytes) {
      head.put(Format.HEADER_BYTES, index, index.position(), rawIndexBytes);
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
      for (int i = 0; i < chunksReserved; i++) {
        if (chunks[i].disk != null) {
          reset(chunks[i]);
        }
      }
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
