package io.drva.blobsink;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** The LZ4 block codec. Decoding never trusts a length that it did not check. */
final class Lz4 {
  private static final LZ4Factory FACTORY = LZ4Factory.fastestInstance();
  private static final LZ4SafeDecompressor DECOMPRESSOR = FACTORY.safeDecompressor();

  private Lz4() {}

  static LZ4Compressor compressor() {
    return FACTORY.fastCompressor();
  }

  /** The most bytes that compressing so many can need. */
  static int boundBytes(int rawBytes) {
    return rawBytes + rawBytes / 255 + 16;
  }

  /**
   * Decodes a block into {@code rawBytes} bytes of a buffer, by index.
   *
   * @return whether the block was sound and gave exactly that many bytes
   */
  static boolean decode(
      ByteBuffer stored, int at, int storedBytes, ByteBuffer raw, int rawAt, int rawBytes) {
    try {
      return DECOMPRESSOR.decompress(stored, at, storedBytes, raw, rawAt, rawBytes) == rawBytes;
    } catch (LZ4Exception e) {
      return false;
    }
  }
}
