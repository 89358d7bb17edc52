package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC-32C of parts of buffers. */
final class Crc {
  private Crc() {}

  /** Of a range by index; the buffer's position and limit stay. */
  static int of(ByteBuffer buffer, int index, int lengthBytes) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.slice(index, lengthBytes));
    return (int) crc.getValue();
  }

  static void requireZeros(
      ObjectRef ref, ByteBuffer buffer, int from, int to, long positionOfBuffer)
      throws CorruptObjectException {
    for (int i = from; i < to; i++) {
      if (buffer.get(i) != 0) {
        throw ref.corrupt(positionOfBuffer + i, "a byte that must be zero is not");
      }
    }
  }
}
