package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32C;

/** Test records whose whole content follows from their LSN, so that any of them can be checked. */
final class Records {

  static final int HOST = 1;
  static final int DISK = 1;

  /** LSN of the first extent that {@link #append} makes: after HOST_ATTACHED and DISK_OPENED. */
  static final long FIRST_EXTENT_LSN = 3;

  private static final int MIX = 0x9E3779B9;

  private final int dataBytesMax;
  private final ByteBuffer data = ByteBuffer.allocateDirect(LogLimits.DATA_BYTES_MAX);

  Records(int dataBytesMax) {
    this.dataBytesMax = dataBytesMax;
  }

  /** Attaches the host and opens the disk that {@link #append} writes as. */
  static void begin(DomainLog log) throws IOException {
    log.attachHost(HOST, "host-1", new byte[LogLimits.INCARNATION_BYTES], 1);
    log.openDisk(HOST, DISK, "vm", "disk-0", 1L << 40, 512, 2);
    log.flush();
  }

  static int typeOf(long lsn) {
    return switch ((int) (lsn % 16)) {
      case 3 -> RecordType.ZERO;
      case 7 -> RecordType.DISCARD;
      case 11 -> RecordType.BASELINE;
      default -> RecordType.WRITE;
    };
  }

  int lengthOf(long lsn) {
    return 512 * (1 + new Random(lsn * MIX).nextInt(dataBytesMax / 512));
  }

  private int dataLengthOf(long lsn) {
    return RecordType.carriesDiskData(typeOf(lsn)) ? lengthOf(lsn) : 0;
  }

  private ByteBuffer dataOf(long lsn) {
    data.clear();
    int length = dataLengthOf(lsn);
    int value = (int) lsn * MIX;
    for (int at = 0; at < length; at += Integer.BYTES) {
      data.putInt(at, value += MIX);
    }
    return data.limit(length);
  }

  /** Appends the next extent and flushes it: a document of its own. */
  long append(DomainLog log) throws IOException {
    long lsn = appendToGroup(log);
    log.flush();
    return lsn;
  }

  /** Appends the next extent and leaves it in the group. */
  long appendToGroup(DomainLog log) throws IOException {
    long lsn = log.lastLsn() + 1;
    ByteBuffer content = dataOf(lsn);
    long result =
        log.append(
            typeOf(lsn),
            (int) (lsn & 1),
            HOST,
            lsn - FIRST_EXTENT_LSN + 1,
            DISK,
            lsn * 512,
            lengthOf(lsn),
            lsn * 1000,
            crc(content),
            content);
    assertEquals(lsn, result);
    return lsn;
  }

  /** Fails unless the reader's current record is the one that {@link #append} made for its LSN. */
  void check(LogReader reader) {
    long lsn = reader.lsn();
    assertEquals(typeOf(lsn), reader.type());
    assertEquals(lsn & 1, reader.flags());
    assertEquals(HOST, reader.host());
    assertEquals(DISK, reader.disk());
    assertEquals(lsn - FIRST_EXTENT_LSN + 1, reader.seq());
    assertEquals(lsn * 512, reader.offsetBytes());
    assertEquals(lengthOf(lsn), reader.lengthBytes());
    assertEquals(lsn * 1000, reader.timeMicros());
    ByteBuffer expected = dataOf(lsn);
    assertEquals(crc(expected), reader.dataCrc32c());
    assertTrue(expected.equals(reader.data()), () -> "data of LSN " + lsn);
  }

  static int crc(ByteBuffer data) {
    if (!data.hasRemaining()) {
      return 0;
    }
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    return (int) crc.getValue();
  }
}
