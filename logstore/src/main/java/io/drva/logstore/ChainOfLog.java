package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Which chain a domain's log is shipped to, and in which term: the file {@code chain} in the
 * domain's directory, 36 bytes, big-endian. Written before the first record of each term is
 * shipped. LSNs alone do not tell two histories apart, nor two copies of one log.
 *
 * <pre>
 *   offset size
 *     0    8    magic, ASCII DRVACHN1
 *     8    16   the domain id of the chain
 *    24    u64  the epoch of the last term that this log took
 *    32    u32  CRC-32C of bytes 0 to 31
 * </pre>
 */
public record ChainOfLog(UUID id, long epoch) {

  private static final String FILE_NAME = "chain";
  private static final long MAGIC = 0x44525641_43484E31L;
  private static final int CRC_OFFSET = 32;
  private static final int BYTES = CRC_OFFSET + Integer.BYTES;

  byte[] encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    bytes.putLong(epoch);
    return bytes.putInt(crc(bytes.array())).array();
  }

  /** Empty when the log was never shipped. */
  static Optional<ChainOfLog> read(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer view = ByteBuffer.wrap(bytes);
    if (bytes.length != BYTES
        || view.getLong(0) != MAGIC
        || view.getInt(CRC_OFFSET) != crc(bytes)) {
      throw new VolumeException(
          file,
          "the file that says which chain the log belongs to is damaged",
          "restore it from a copy, or remove the domain's directory and let the host filters resync");
    }
    return Optional.of(
        new ChainOfLog(new UUID(view.getLong(8), view.getLong(16)), view.getLong(24)));
  }

  void write(Disk disk, Path directory) throws IOException {
    DurableFile.write(disk, directory, FILE_NAME, encode());
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(Arrays.copyOf(bytes, CRC_OFFSET));
    return (int) crc.getValue();
  }
}
