package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The first 256 bytes of a chain object, as in section 4.1 of the format. What {@link #parse}
 * returns is consistent in itself and within all limits; numbers are never negative.
 */
public record ObjectHeader(
    Kind kind,
    long number,
    long epoch,
    long firstLsn,
    long lastLsn,
    long firstTimeMicros,
    long lastTimeMicros,
    long storedThrough,
    long nextNumber,
    UUID domainId,
    Digest previousDigest,
    int indexStoredBytes,
    int indexRawBytes,
    int indexCrc32c,
    long dataBytes,
    int chunkCount,
    int diskCount,
    int hostCount,
    long createdMicros,
    long rawBytes,
    long nonce) {

  /** What a chain object is. */
  public enum Kind {
    SEGMENT(1),
    FENCE(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  private static final int CRC_AT = Format.HEADER_BYTES - 4;
  private static final int ZEROS_AT = 208;

  /** The number of records: LSNs are dense. */
  public int recordCount() {
    return (int) (lastLsn - firstLsn + 1);
  }

  /** Where the chunks begin, bytes from the object's start. */
  public long dataOffset() {
    return Format.HEADER_BYTES + (long) indexStoredBytes;
  }

  /** The whole object's length. */
  public long objectBytes() {
    return dataOffset() + dataBytes + Format.FOOTER_BYTES;
  }

  /** Writes the header's 256 bytes at an index; position and limit stay. */
  void encode(ByteBuffer out, int at) {
    for (int i = 0; i < Format.HEADER_BYTES; i += Long.BYTES) {
      out.putLong(at + i, 0);
    }
    out.putLong(at, Format.MAGIC_CHAIN);
    out.putShort(at + 8, (short) Format.VERSION);
    out.put(at + 10, (byte) kind.code);
    out.putInt(at + 12, Format.HEADER_BYTES);
    out.putLong(at + 16, number);
    out.putLong(at + 24, epoch);
    out.putLong(at + 32, firstLsn);
    out.putLong(at + 40, lastLsn);
    out.putLong(at + 48, firstTimeMicros);
    out.putLong(at + 56, lastTimeMicros);
    out.putLong(at + 64, storedThrough);
    out.putLong(at + 72, nextNumber);
    out.putLong(at + 80, domainId.getMostSignificantBits());
    out.putLong(at + 88, domainId.getLeastSignificantBits());
    previousDigest.write(out, at + 96);
    out.putLong(at + 128, objectBytes());
    out.putInt(at + 136, Format.HEADER_BYTES);
    out.putInt(at + 140, indexStoredBytes);
    out.putInt(at + 144, indexRawBytes);
    out.putInt(at + 148, indexCrc32c);
    out.putLong(at + 152, dataOffset());
    out.putLong(at + 160, dataBytes);
    out.putInt(at + 168, recordCount());
    out.putInt(at + 172, chunkCount);
    out.putInt(at + 176, diskCount);
    out.putInt(at + 180, hostCount);
    out.putLong(at + 184, createdMicros);
    out.putLong(at + 192, rawBytes);
    out.putLong(at + 200, nonce);
    out.putInt(at + CRC_AT, Crc.of(out, at, CRC_AT));
  }

  /**
   * Reads and checks a header.
   *
   * @param in holds the object's start from index 0
   * @param numberExpected the number in the object's name
   */
  static ObjectHeader parse(ObjectRef ref, ByteBuffer in, long numberExpected)
      throws CorruptObjectException {
    if (in.limit() < Format.HEADER_BYTES) {
      throw ref.corrupt(in.limit(), "the object ends within its header");
    }
    if (in.getLong(0) != Format.MAGIC_CHAIN) {
      throw ref.corrupt(0, "not a chain object");
    }
    if (in.getInt(CRC_AT) != Crc.of(in, 0, CRC_AT)) {
      throw ref.corrupt(CRC_AT, "checksum of the header does not match");
    }
    checkVersion(ref, Short.toUnsignedInt(in.getShort(8)));
    Crc.requireZeros(ref, in, 11, 12, 0);
    Crc.requireZeros(ref, in, ZEROS_AT, CRC_AT, 0);
    Kind kind =
        switch (in.get(10)) {
          case 1 -> Kind.SEGMENT;
          case 2 -> Kind.FENCE;
          default ->
              throw ref.corrupt(10, "kind " + Byte.toUnsignedInt(in.get(10)) + " is not known");
        };
    ObjectHeader header =
        new ObjectHeader(
            kind,
            in.getLong(16),
            in.getLong(24),
            in.getLong(32),
            in.getLong(40),
            in.getLong(48),
            in.getLong(56),
            in.getLong(64),
            in.getLong(72),
            new UUID(in.getLong(80), in.getLong(88)),
            Digest.read(in, 96),
            in.getInt(140),
            in.getInt(144),
            in.getInt(148),
            in.getLong(160),
            in.getInt(172),
            in.getInt(176),
            in.getInt(180),
            in.getLong(184),
            in.getLong(192),
            in.getLong(200));
    if (header.number != numberExpected) {
      throw ref.corrupt(
          16, "this is the object with the number " + Long.toUnsignedString(header.number));
    }
    header.check(ref);
    require(ref, 12, in.getInt(12) == Format.HEADER_BYTES, "header length");
    require(ref, 136, in.getInt(136) == Format.HEADER_BYTES, "index offset");
    require(ref, 152, in.getLong(152) == header.dataOffset(), "data offset");
    require(ref, 128, in.getLong(128) == header.objectBytes(), "object length");
    require(ref, 168, in.getInt(168) == header.recordCount(), "record count");
    return header;
  }

  static void checkVersion(ObjectRef ref, int version) throws CorruptObjectException {
    if (version != Format.VERSION) {
      throw ref.corrupt(
          8, "format version " + version + "; this program reads version 1, use a newer one");
    }
  }

  private static void require(ObjectRef ref, int position, boolean holds, String field)
      throws CorruptObjectException {
    if (!holds) {
      throw ref.corrupt(position, field + " is out of range or contradicts the rest of the header");
    }
  }

  private static boolean within(long value, long min, long max) {
    return value >= min && value <= max;
  }

  private void check(ObjectRef ref) throws CorruptObjectException {
    require(ref, 24, epoch >= 1, "epoch");
    require(ref, 32, within(firstLsn, 1, Long.MAX_VALUE - Format.RECORDS_MAX), "firstLsn");
    require(ref, 64, within(storedThrough, 0, number - 1), "storedThrough");
    require(ref, 184, createdMicros >= 0, "createdMicros");
    if (kind == Kind.FENCE) {
      checkFence(ref);
      return;
    }
    require(ref, 200, nonce == 0, "nonce of a segment");
    require(ref, 40, within(lastLsn, firstLsn, firstLsn + Format.RECORDS_MAX - 1), "lastLsn");
    require(ref, 48, firstTimeMicros >= 0, "firstTimeMicros");
    require(ref, 56, lastTimeMicros >= firstTimeMicros, "lastTimeMicros");
    require(ref, 72, nextNumber == number + 1, "nextNumber");
    require(
        ref,
        144,
        within(indexRawBytes, Format.RECORD_ENTRY_BYTES, Format.INDEX_RAW_BYTES_MAX),
        "index raw length");
    require(ref, 140, within(indexStoredBytes, 1, indexRawBytes), "index stored length");
    require(ref, 160, within(dataBytes, 0, Format.OBJECT_BYTES_MAX), "data length");
    require(ref, 128, objectBytes() <= Format.OBJECT_BYTES_MAX, "object length");
    require(ref, 172, within(chunkCount, 0, recordCount()), "chunk count");
    require(
        ref, 176, within(diskCount, 0, Math.min(Format.NAMES_MAX, recordCount())), "disk count");
    require(ref, 180, within(hostCount, 1, Format.NAMES_MAX), "host count");
    require(
        ref,
        192,
        within(rawBytes, dataBytes, (long) chunkCount * Format.CHUNK_RAW_BYTES_MAX),
        "sum of raw lengths");
  }

  private void checkFence(ObjectRef ref) throws CorruptObjectException {
    require(ref, 40, lastLsn == firstLsn - 1, "lastLsn");
    require(ref, 48, firstTimeMicros == 0 && lastTimeMicros == 0, "time of a fence");
    require(ref, 72, nextNumber == number + Format.WINDOW + 1, "nextNumber");
    require(
        ref,
        140,
        indexStoredBytes == 0 && indexRawBytes == 0 && indexCrc32c == 0,
        "index of a fence");
    require(ref, 160, dataBytes == 0 && rawBytes == 0, "data of a fence");
    require(ref, 172, chunkCount == 0 && diskCount == 0 && hostCount == 0, "tables of a fence");
  }
}
