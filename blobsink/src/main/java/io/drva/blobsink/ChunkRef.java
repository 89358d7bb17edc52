package io.drva.blobsink;

import java.nio.ByteBuffer;

/**
 * Where a chunk is in its object, and how it is stored.
 *
 * @param chunk its place in the chunk table
 * @param offset where it begins, bytes from the object's start
 * @param storedBytes its length there
 * @param rawBytes its length when decoded
 * @param crc32c of the stored bytes
 * @param compressed whether it is an LZ4 block
 */
public record ChunkRef(
    int chunk, long offset, int storedBytes, int rawBytes, int crc32c, boolean compressed) {
  /** Of a chunk in an index. */
  public static ChunkRef of(SegmentIndex index, int chunk) {
    return new ChunkRef(
        chunk,
        index.header().dataOffset() + index.chunkOffset(chunk),
        index.chunkStoredBytes(chunk),
        index.chunkRawBytes(chunk),
        index.chunkCrc32c(chunk),
        index.chunkCompressed(chunk));
  }

  /**
   * Checks a chunk and decodes it.
   *
   * @param container the container's location, for messages
   * @param object the object's name, for messages
   * @param stored holds the stored bytes from index {@code at}; left as it is
   * @param raw gets the raw bytes from index 0; left as it is
   */
  public void decode(String container, String object, ByteBuffer stored, int at, ByteBuffer raw)
      throws CorruptObjectException {
    if (Crc.of(stored, at, storedBytes) != crc32c) {
      throw new CorruptObjectException(
          container, object, offset, "checksum of chunk " + chunk + " does not match");
    }
    if (!compressed) {
      raw.put(0, stored, at, rawBytes);
    } else if (!Lz4.decode(stored, at, storedBytes, raw, 0, rawBytes)) {
      throw new CorruptObjectException(
          container,
          object,
          offset,
          "chunk " + chunk + " is not an LZ4 block of " + rawBytes + " bytes");
    }
  }
}
