package io.drva.blobsink;

/** The rules of the chunk table and the record table, one by one. */
final class IndexCheck {
  private final ObjectRef ref;
  private final SegmentIndex index;
  private final ObjectHeader header;

  IndexCheck(ObjectRef ref, SegmentIndex index) {
    this.ref = ref;
    this.index = index;
    this.header = index.header();
  }

  void run() throws CorruptObjectException {
    chunks();
    boolean[] diskNamed = new boolean[header.diskCount()];
    boolean[] chunkNamed = new boolean[header.chunkCount()];
    long time = header.firstTimeMicros();
    for (int i = 0; i < header.recordCount(); i++) {
      record(i);
      require(i, index.timeMicros(i) >= time, "its time is before the previous record's");
      time = index.timeMicros(i);
      if (index.disk(i) != Format.NO_DISK) {
        diskNamed[index.disk(i)] = true;
      }
      if (index.chunk(i) != Format.NO_CHUNK) {
        chunkNamed[index.chunk(i)] = true;
      }
    }
    require(
        0,
        index.timeMicros(0) == header.firstTimeMicros(),
        "its time is not the header's firstTimeMicros");
    require(
        header.recordCount() - 1,
        time == header.lastTimeMicros(),
        "its time is not the header's lastTimeMicros");
    requireAll(diskNamed, "disk");
    requireAll(chunkNamed, "chunk");
  }

  private void chunks() throws CorruptObjectException {
    long offset = 0;
    long rawSum = 0;
    for (int i = 0; i < header.chunkCount(); i++) {
      int storedBytes = index.chunkStoredBytes(i);
      int rawBytes = index.chunkRawBytes(i);
      int codec = index.chunkCodec(i);
      boolean sound =
          index.chunkOffset(i) == offset
              && rawBytes >= 1
              && rawBytes <= Format.CHUNK_RAW_BYTES_MAX
              && storedBytes >= 1
              && codecFits(codec, storedBytes, rawBytes)
              && index.chunkDisk(i) >= 0
              && index.chunkDisk(i) < header.diskCount()
              && index.chunkZeros(i) == 0;
      if (!sound) {
        throw ref.corrupt(
            Format.HEADER_BYTES,
            "index, chunk " + i + ": an entry breaks the rules of the chunk table");
      }
      offset += storedBytes;
      rawSum += rawBytes;
    }
    if (offset != header.dataBytes() || rawSum != header.rawBytes()) {
      throw ref.corrupt(
          Format.HEADER_BYTES,
          "index: the chunks do not fill the data, or their raw lengths do not add up");
    }
  }

  private static boolean codecFits(int codec, int storedBytes, int rawBytes) {
    return switch (codec) {
      case Format.CODEC_STORED -> storedBytes == rawBytes;
      case Format.CODEC_LZ4 -> storedBytes < rawBytes;
      default -> false;
    };
  }

  private void record(int i) throws CorruptObjectException {
    require(i, RecordType.isCode(index.typeCode(i)), "its type is not known");
    require(i, index.recordZeros(i) == 0, "a byte that must be zero is not");
    require(i, index.host(i) < header.hostCount(), "its host is not in the host table");
    RecordType type = index.type(i);
    int flagsAllowed = type == RecordType.BASELINE ? Format.FLAG_BASELINE_LAST : 0;
    require(i, (index.flags(i) & ~flagsAllowed) == 0, "a flag is not known");
    if (type.namesDisk()) {
      require(i, index.disk(i) < header.diskCount(), "its disk is not in the disk table");
    } else {
      require(i, index.disk(i) == Format.NO_DISK, "it names a disk");
      require(i, index.offsetBytes(i) == 0 && index.lengthBytes(i) == 0, "it has an extent");
    }
    if (type == RecordType.DISK_OPENED) {
      opened(i);
    }
    if (type.hasExtent()) {
      extent(i);
    }
    if (type.hasData()) {
      data(i);
    } else {
      require(
          i,
          index.chunk(i) == Format.NO_CHUNK
              && index.chunkPosition(i) == 0
              && index.dataCrc32c(i) == 0,
          "it has data");
    }
  }

  private void opened(int i) throws CorruptObjectException {
    DiskInfo disk = index.disks().get(index.disk(i));
    require(
        i, index.lengthBytes(i) == disk.sectorBytes(), "the sector size is not the disk table's");
    long capacityBytes = index.offsetBytes(i);
    require(
        i,
        capacityBytes >= disk.sectorBytes()
            && capacityBytes <= disk.capacityBytes()
            && capacityBytes % disk.sectorBytes() == 0,
        "the capacity is out of range");
  }

  private void extent(int i) throws CorruptObjectException {
    DiskInfo disk = index.disks().get(index.disk(i));
    long offset = index.offsetBytes(i);
    long length = index.lengthBytes(i);
    require(
        i,
        offset >= 0
            && length > 0
            && offset % disk.sectorBytes() == 0
            && length % disk.sectorBytes() == 0
            && offset <= disk.capacityBytes() - length,
        "its extent is misaligned or beyond the disk");
  }

  private void data(int i) throws CorruptObjectException {
    int chunk = index.chunk(i);
    require(i, chunk >= 0 && chunk < header.chunkCount(), "its chunk is not in the chunk table");
    require(i, index.chunkDisk(chunk) == index.disk(i), "its chunk is of another disk");
    long length = index.lengthBytes(i);
    long position = Integer.toUnsignedLong(index.chunkPosition(i));
    require(
        i,
        length <= Format.RECORD_DATA_BYTES_MAX && position + length <= index.chunkRawBytes(chunk),
        "its data is not within its chunk");
  }

  private void requireAll(boolean[] named, String what) throws CorruptObjectException {
    for (int i = 0; i < named.length; i++) {
      if (!named[i]) {
        throw ref.corrupt(
            Format.HEADER_BYTES, "index: no record names " + what + " " + i + " of the table");
      }
    }
  }

  private void require(int record, boolean holds, String what) throws CorruptObjectException {
    if (!holds) {
      throw ref.corrupt(
          Format.HEADER_BYTES,
          "index, record " + record + " (LSN " + index.lsn(record) + "): " + what);
    }
  }
}
