package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What makes a directory a log store volume: the file {@code volume}, 512 bytes, big-endian.
 *
 * <pre>
 *   offset size
 *     0    8    magic, ASCII DRVAVOL1
 *     8    u16  format version, 1
 *    10    u16  0
 *    12    u32  cycleBytes
 *    16    16   volume id, random
 *    32    u64  sizeBytes, a multiple of cycleBytes
 *    40         zeros
 *   508    u32  CRC-32C of bytes 0 to 507
 * </pre>
 */
record VolumeDescriptor(UUID id, VolumeSize size) {

  static final String FILE_NAME = "volume";
  static final int BYTES = 512;
  static final int VERSION = 1;

  private static final long MAGIC = 0x44525641_564F4C31L;
  private static final int CRC_OFFSET = BYTES - Integer.BYTES;

  byte[] encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(0, MAGIC).putShort(8, (short) VERSION).putInt(12, size.cycleBytes());
    bytes.putLong(16, id.getMostSignificantBits()).putLong(24, id.getLeastSignificantBits());
    bytes.putLong(32, size.sizeBytes());
    bytes.putInt(CRC_OFFSET, crc(bytes.array()));
    return bytes.array();
  }

  static VolumeDescriptor read(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer view = ByteBuffer.wrap(bytes);
    if (bytes.length < 10 || view.getLong(0) != MAGIC) {
      throw new VolumeException(
          file,
          "not a log store volume's descriptor",
          "point to the volume or to an empty directory");
    }
    int version = view.getShort(8) & 0xFFFF;
    if (version != VERSION) {
      throw new VolumeException(
          file,
          "volume format " + version + " is not " + VERSION,
          "run the release that made the volume, or a newer one");
    }
    if (bytes.length != BYTES || view.getInt(CRC_OFFSET) != crc(bytes)) {
      throw new VolumeException(
          file,
          "the descriptor is damaged",
          "restore it from a copy, or empty the directory and let the host filters resync");
    }
    return new VolumeDescriptor(
        new UUID(view.getLong(16), view.getLong(24)),
        new VolumeSize(view.getLong(32), view.getInt(12)));
  }

  void write(Disk disk, Path directory) throws IOException {
    DurableFile.write(disk, directory, FILE_NAME, encode());
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, CRC_OFFSET);
    return (int) crc.getValue();
  }
}
