package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * A segment's index, checked, with accessors by position in its tables. What {@link #parse} returns
 * keeps every rule of section 4.2: whoever uses it needs no bounds check of its own. Not tied to a
 * thread, but valid only as long as the buffer that it was parsed from.
 */
public final class SegmentIndex {
  private final ObjectHeader header;
  private final ByteBuffer raw;
  private final List<DiskInfo> disks;
  private final List<HostPosition> hosts;
  private final int chunksAt;
  private final int recordsAt;

  private SegmentIndex(
      ObjectHeader header,
      ByteBuffer raw,
      List<DiskInfo> disks,
      List<HostPosition> hosts,
      int chunksAt,
      int recordsAt) {
    this.header = header;
    this.raw = raw;
    this.disks = disks;
    this.hosts = hosts;
    this.chunksAt = chunksAt;
    this.recordsAt = recordsAt;
  }

  /**
   * Decodes and checks an index.
   *
   * @param stored the stored index from its position on; left as it is
   * @param scratch where to decode it, from index 0; at least the raw length, which {@link
   *     ObjectHeader} bounds
   */
  static SegmentIndex parse(
      ObjectRef ref, ObjectHeader header, ByteBuffer stored, ByteBuffer scratch)
      throws CorruptObjectException {
    int storedBytes = header.indexStoredBytes();
    int rawBytes = header.indexRawBytes();
    if (stored.remaining() < storedBytes) {
      throw ref.corrupt(
          Format.HEADER_BYTES + stored.remaining(), "the object ends within its index");
    }
    if (Crc.of(stored, stored.position(), storedBytes) != header.indexCrc32c()) {
      throw ref.corrupt(Format.HEADER_BYTES, "checksum of the index does not match");
    }
    if (storedBytes == rawBytes) {
      scratch.put(0, stored, stored.position(), rawBytes);
    } else if (!Lz4.decode(stored, stored.position(), storedBytes, scratch, 0, rawBytes)) {
      throw ref.corrupt(
          Format.HEADER_BYTES, "the index is not an LZ4 block of " + rawBytes + " bytes");
    }
    ByteBuffer raw = scratch.slice(0, rawBytes);
    NameTables tables = new NameTables(ref, raw);
    List<DiskInfo> disks = tables.disks(header.diskCount());
    List<HostPosition> hosts = tables.hosts(header.hostCount());
    int chunksAt = raw.position();
    long recordsAt = chunksAt + (long) header.chunkCount() * Format.CHUNK_ENTRY_BYTES;
    if (recordsAt + (long) header.recordCount() * Format.RECORD_ENTRY_BYTES != rawBytes) {
      throw ref.corrupt(Format.HEADER_BYTES, "the tables do not fill the index");
    }
    SegmentIndex index = new SegmentIndex(header, raw, disks, hosts, chunksAt, (int) recordsAt);
    new IndexCheck(ref, index).run();
    return index;
  }

  /** Reads the two tables of entries with names. Positions in messages are in the raw index. */
  private static final class NameTables {
    private final ObjectRef ref;
    private final ByteBuffer raw;

    NameTables(ObjectRef ref, ByteBuffer raw) {
      this.ref = ref;
      this.raw = raw;
    }

    List<DiskInfo> disks(int count) throws CorruptObjectException {
      // No capacity is reserved from a count: the bytes that are there bound the entries.
      DiskInfo[] disks = new DiskInfo[checkedCount(count, Format.DISK_ENTRY_FIXED_BYTES + 4)];
      Set<Integer> numbers = new HashSet<>();
      Set<String> names = new HashSet<>();
      for (int i = 0; i < count; i++) {
        require(raw.remaining() >= Format.DISK_ENTRY_FIXED_BYTES, "the disk table ends early");
        int number = raw.getInt();
        int sectorBytes = raw.getInt();
        long capacityBytes = raw.getLong();
        int baseline = raw.get();
        String vm = name();
        String disk = name();
        require(
            number >= 1 && numbers.add(number) && names.add(vm + "/" + disk),
            "a disk is listed twice, or has no number");
        require(
            sectorBytes == Format.SECTOR_BYTES || sectorBytes == Format.SECTOR_BYTES_LARGE,
            "sector size");
        require(
            capacityBytes >= sectorBytes
                && capacityBytes <= Format.CAPACITY_BYTES_MAX
                && capacityBytes % sectorBytes == 0,
            "capacity");
        require(BaselineState.isCode(baseline), "baseline state");
        disks[i] =
            new DiskInfo(number, sectorBytes, capacityBytes, BaselineState.of(baseline), vm, disk);
      }
      return List.of(disks);
    }

    List<HostPosition> hosts(int count) throws CorruptObjectException {
      HostPosition[] hosts =
          new HostPosition[checkedCount(count, Format.HOST_ENTRY_FIXED_BYTES + 2)];
      Set<String> names = new HashSet<>();
      for (int i = 0; i < count; i++) {
        require(raw.remaining() >= Format.HOST_ENTRY_FIXED_BYTES, "the host table ends early");
        UUID incarnation = new UUID(raw.getLong(), raw.getLong());
        long lastSeq = raw.getLong();
        String host = name();
        require(
            lastSeq >= 0 && names.add(host),
            "a host is listed twice, or its sequence number is out of range");
        hosts[i] = new HostPosition(host, incarnation, lastSeq);
      }
      return List.of(hosts);
    }

    private int checkedCount(int count, int entryBytesMin) throws CorruptObjectException {
      require((long) count * entryBytesMin <= raw.remaining(), "a table is longer than the index");
      return count;
    }

    private String name() throws CorruptObjectException {
      require(raw.hasRemaining(), "a name is missing");
      int length = Byte.toUnsignedInt(raw.get());
      require(length <= raw.remaining(), "a name is longer than the index");
      byte[] text = new byte[length];
      raw.get(text);
      String name = new String(text, US_ASCII);
      require(Format.isName(name), "not a name");
      return name;
    }

    private void require(boolean holds, String what) throws CorruptObjectException {
      if (!holds) {
        throw ref.corrupt(Format.HEADER_BYTES, "index, raw byte " + raw.position() + ": " + what);
      }
    }
  }

  /** The header of the same object. */
  public ObjectHeader header() {
    return header;
  }

  /** The disks that records of this segment name. */
  public List<DiskInfo> disks() {
    return disks;
  }

  /** All hosts that the domain has known up to this segment's end. */
  public List<HostPosition> hosts() {
    return hosts;
  }

  public int chunkCount() {
    return header.chunkCount();
  }

  /** Where a chunk begins, bytes from the start of the data. */
  public long chunkOffset(int chunk) {
    return raw.getLong(chunkAt(chunk));
  }

  public int chunkStoredBytes(int chunk) {
    return raw.getInt(chunkAt(chunk) + 8);
  }

  public int chunkRawBytes(int chunk) {
    return raw.getInt(chunkAt(chunk) + 12);
  }

  public int chunkCrc32c(int chunk) {
    return raw.getInt(chunkAt(chunk) + 16);
  }

  public boolean chunkCompressed(int chunk) {
    return chunkCodec(chunk) == Format.CODEC_LZ4;
  }

  /** Position in {@link #disks} of the disk whose data the chunk holds. */
  public int chunkDisk(int chunk) {
    return raw.getInt(chunkAt(chunk) + 24);
  }

  int chunkCodec(int chunk) {
    return raw.get(chunkAt(chunk) + 20);
  }

  int chunkZeros(int chunk) {
    int at = chunkAt(chunk);
    return (raw.getInt(at + 20) & 0xFF_FFFF) | raw.getInt(at + 28);
  }

  private int chunkAt(int chunk) {
    return chunksAt + chunk * Format.CHUNK_ENTRY_BYTES;
  }

  public int recordCount() {
    return header.recordCount();
  }

  public long lsn(int record) {
    return header.firstLsn() + record;
  }

  /** Offset on the disk, bytes; for DISK_OPENED the capacity. */
  public long offsetBytes(int record) {
    return raw.getLong(recordAt(record));
  }

  public long timeMicros(int record) {
    return raw.getLong(recordAt(record) + 8);
  }

  /** Length of the extent, bytes; for DISK_OPENED the sector size. */
  public long lengthBytes(int record) {
    return Integer.toUnsignedLong(raw.getInt(recordAt(record) + 16));
  }

  /** The chunk that holds the data, or -1. */
  public int chunk(int record) {
    return raw.getInt(recordAt(record) + 20);
  }

  /** Where the data begins in the raw chunk. */
  public int chunkPosition(int record) {
    return raw.getInt(recordAt(record) + 24);
  }

  public int dataCrc32c(int record) {
    return raw.getInt(recordAt(record) + 28);
  }

  /** Position in {@link #disks}, or 65,535 for none. */
  public int disk(int record) {
    return Short.toUnsignedInt(raw.getShort(recordAt(record) + 32));
  }

  /** Position in {@link #hosts}. */
  public int host(int record) {
    return Short.toUnsignedInt(raw.getShort(recordAt(record) + 34));
  }

  public RecordType type(int record) {
    return RecordType.of(typeCode(record));
  }

  public int flags(int record) {
    return Byte.toUnsignedInt(raw.get(recordAt(record) + 37));
  }

  /** Whether the record ends its disk's baseline. */
  public boolean endsBaseline(int record) {
    return typeCode(record) == RecordType.BASELINE.code()
        && flags(record) == Format.FLAG_BASELINE_LAST;
  }

  int typeCode(int record) {
    return raw.get(recordAt(record) + 36);
  }

  int recordZeros(int record) {
    return raw.getShort(recordAt(record) + 38);
  }

  private int recordAt(int record) {
    return recordsAt + record * Format.RECORD_ENTRY_BYTES;
  }
}
