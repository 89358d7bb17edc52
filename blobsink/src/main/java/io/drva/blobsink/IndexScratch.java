package io.drva.blobsink;

import java.nio.ByteBuffer;

/** Memory for one decoded index at a time, grown to the longest so far. Owned by one thread. */
final class IndexScratch {
  private static final int GRAIN_BYTES = 256 << 10;
  private ByteBuffer buffer = ByteBuffer.allocate(GRAIN_BYTES);

  /**
   * @param rawBytes checked against {@link Format#INDEX_RAW_BYTES_MAX} by {@link ObjectHeader}
   */
  ByteBuffer of(int rawBytes) {
    if (buffer.capacity() < rawBytes) {
      buffer = ByteBuffer.allocate(Math.ceilDiv(rawBytes, GRAIN_BYTES) * GRAIN_BYTES);
    }
    return buffer;
  }
}
