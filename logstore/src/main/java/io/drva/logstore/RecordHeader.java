package io.drva.logstore;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The header of a log record: a reusable flyweight for one thread.
 *
 * <p>The content of a Chronicle document is one or more records, each padded with zeroes to a
 * multiple of four bytes. Integers are big-endian; Chronicle's own four-byte document header is
 * little-endian.
 *
 * <pre>
 *   offset size
 *    0     u32  magic, ASCII DRVL
 *    4     u8   version, 1
 *    5     u8   type, see RecordType
 *    6     u16  flags
 *    8     u64  file id: which use of which cycle file this record belongs to
 *   16     u64  LSN (SNAPSHOT and SEAL: the LSN that the next record will have)
 *   24     u64  forced LSN: every record up to it was known to be forced when this one was appended
 *   32     u64  seq: the host's sequence number; 0 for types 5 to 7, SNAPSHOT and SEAL
 *   40     u64  offset on the disk, bytes (DISK_OPENED: the capacity)
 *   48     u64  time, microseconds since 1970
 *   56     u32  host
 *   60     u32  disk
 *   64     u32  length of the extent, bytes (DISK_OPENED: the sector size)
 *   68     u32  length of the data that follows this header, bytes
 *   72     u32  CRC-32C of that data; 0 when there is none
 *   76     u32  CRC-32C of bytes 0 to 75
 *   80          data, padding
 * </pre>
 *
 * <p>The data of WRITE and BASELINE is the disk's; of HOST_ATTACHED the incarnation and the name;
 * of DISK_OPENED the two names; of SNAPSHOT the domain's state; see {@link DomainState}.
 *
 * <p>The file id makes a record prove its place: cycle files are recycled without being erased, so
 * behind the last record of a file there may be intact records of an earlier use, even with the LSN
 * that is expected next. The forced LSN is evidence for recovery: an unreadable record that a later
 * one knew to be forced was damaged, and is not the torn end of the log.
 */
final class RecordHeader {

  static final int BYTES = 80;
  static final int MAGIC = 0x4452564C;
  static final int VERSION = 1;
  static final int FLAGS_MASK = 0xFFFF;

  private static final int CRC_OFFSET = BYTES - Integer.BYTES;

  int type;
  int flags;
  long fileId;
  long lsn;
  long forcedLsn;
  long seq;
  long offsetBytes;
  long timeMicros;
  int host;
  int disk;
  int lengthBytes;
  int dataLengthBytes;
  int dataCrc32c;

  private final byte[] bytes = new byte[BYTES];
  private final ByteBuffer view = ByteBuffer.wrap(bytes);
  private final CRC32C crc = new CRC32C();

  /** The encoded header: this object's own array, valid until it is next used. */
  byte[] encode() {
    view.putInt(0, MAGIC);
    view.put(4, (byte) VERSION);
    view.put(5, (byte) type);
    view.putShort(6, (short) flags);
    view.putLong(8, fileId);
    view.putLong(16, lsn);
    view.putLong(24, forcedLsn);
    view.putLong(32, seq);
    view.putLong(40, offsetBytes);
    view.putLong(48, timeMicros);
    view.putInt(56, host);
    view.putInt(60, disk);
    view.putInt(64, lengthBytes);
    view.putInt(68, dataLengthBytes);
    view.putInt(72, dataCrc32c);
    view.putInt(CRC_OFFSET, crcOfBytes());
    return bytes;
  }

  /**
   * Reads the header at {@code position} of {@code source}, whose own position does not move.
   *
   * @return null when it is intact, else what is wrong with it
   */
  String decode(ByteBuffer source, int position) {
    source.get(position, bytes);
    if (view.getInt(0) != MAGIC) {
      return "no record starts here";
    }
    if (view.getInt(CRC_OFFSET) != crcOfBytes()) {
      return "the record header's checksum does not match";
    }
    if (bytes[4] != VERSION) {
      return "record version " + bytes[4] + " is not " + VERSION;
    }
    type = bytes[5] & 0xFF;
    flags = view.getShort(6) & FLAGS_MASK;
    fileId = view.getLong(8);
    lsn = view.getLong(16);
    forcedLsn = view.getLong(24);
    seq = view.getLong(32);
    offsetBytes = view.getLong(40);
    timeMicros = view.getLong(48);
    host = view.getInt(56);
    disk = view.getInt(60);
    lengthBytes = view.getInt(64);
    dataLengthBytes = view.getInt(68);
    dataCrc32c = view.getInt(72);
    return null;
  }

  private int crcOfBytes() {
    crc.reset();
    crc.update(bytes, 0, CRC_OFFSET);
    return (int) crc.getValue();
  }
}
