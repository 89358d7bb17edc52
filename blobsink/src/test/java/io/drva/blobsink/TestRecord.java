package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One record of a test's log. The data is direct, which is what a log's reader has; use a duplicate
 * of it.
 */
public record TestRecord(
    long lsn,
    RecordType type,
    int flags,
    Host host,
    long sequence,
    Disk disk,
    long offsetBytes,
    long lengthBytes,
    long timeMicros,
    ByteBuffer data) {

  /** A host as of one record. */
  public record Host(int number, String name, UUID incarnation) {}

  /** A disk as of one record. */
  public record Disk(int number, String vm, String name, int sectorBytes, long capacityBytes) {}

  public int dataCrc32c() {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    return dataBytes() == 0 ? 0 : (int) crc.getValue();
  }

  public int dataBytes() {
    return data.remaining();
  }
}
