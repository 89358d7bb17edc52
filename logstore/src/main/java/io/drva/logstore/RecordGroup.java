package io.drva.logstore;

import java.nio.ByteBuffer;

/**
 * The records that the writer has appended and not yet handed to the file: the next document of the
 * cycle file, in memory. Owned by the writer's thread.
 *
 * <p>A document is a header of four bytes, little-endian, with the length of its content, and the
 * content: records, one after the other. That is Chronicle's format, and all of it that a document
 * needs.
 *
 * <p>Design note: why records are gathered, and written past Chronicle's mapping. A mapped page
 * that was written costs a page fault, and when it is forced an interrupt of every processor that
 * runs the process, to take the write permission back; and Chronicle would keep its own position in
 * the file's first page, which is then another place for every force to write to. See decision 6.
 */
final class RecordGroup {

  /** Content of a document that more records are added to, bytes; a larger record goes alone. */
  static final int TARGET_BYTES = 256 << 10;

  /** Before the content, bytes. */
  static final int HEADER_BYTES = Integer.BYTES;

  /** At least so many zeroes follow the content in the file: the next header, unwritten, bytes. */
  private static final int SLACK_BYTES_MIN = 64;

  /** The direct memory that a group takes. */
  static final int DIRECT_BYTES =
      HEADER_BYTES
          + encodedBytes(LogLimits.DATA_BYTES_MAX)
          + SLACK_BYTES_MIN
          + SystemDisk.BLOCK_BYTES;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(DIRECT_BYTES).position(HEADER_BYTES);

  private long lastLsn;

  /** What a record takes in a document, bytes. */
  static int encodedBytes(int dataBytes) {
    return (RecordHeader.BYTES + dataBytes + CycleScanner.ALIGNMENT_BYTES - 1)
        & -CycleScanner.ALIGNMENT_BYTES;
  }

  boolean isEmpty() {
    return bytes() == 0;
  }

  /** The content so far, bytes. */
  int bytes() {
    return buffer.position() - HEADER_BYTES;
  }

  /** The LSN of the last record added, or one less than that of a SNAPSHOT or SEAL. */
  long lastLsn() {
    return lastLsn;
  }

  /** Whether a record with so much data still belongs in this group; the first always does. */
  boolean takes(int dataBytes) {
    return isEmpty() || bytes() + encodedBytes(dataBytes) <= TARGET_BYTES;
  }

  /**
   * Adds a record that the group takes.
   *
   * @param data from position to limit, copied; neither moves
   */
  void add(RecordHeader header, ByteBuffer data) {
    int start = buffer.position();
    int end = start + encodedBytes(data.remaining());
    buffer.put(header.encode());
    buffer.put(buffer.position(), data, data.position(), data.remaining());
    int padding = buffer.position() + data.remaining();
    while (padding < end) {
      buffer.put(padding++, (byte) 0);
    }
    buffer.position(end);
    lastLsn = RecordType.hasLsn(header.type) ? header.lsn : header.lsn - 1;
  }

  /** The content, from position to limit. */
  ByteBuffer content() {
    return buffer.slice(HEADER_BYTES, bytes());
  }

  /**
   * The document, and zeroes to the end of the block that it ends in, from position to limit, to be
   * written as one; then {@link #clear}. Whatever an earlier use of the file has left there, the
   * next document's header is unwritten; and a block that is written whole need not be read from
   * the device first.
   *
   * @param positionBytes where the document will lie in the file
   */
  ByteBuffer document(long positionBytes) {
    int documentBytes = buffer.position();
    buffer.putInt(0, Integer.reverseBytes(bytes()));
    long end = positionBytes + documentBytes + SLACK_BYTES_MIN;
    long blockEnd = (end + SystemDisk.BLOCK_BYTES - 1) & -SystemDisk.BLOCK_BYTES;
    int limit = (int) (blockEnd - positionBytes);
    for (int at = documentBytes; at < limit; at += Integer.BYTES) {
      buffer.putInt(at, 0);
    }
    return buffer.limit(limit).position(0);
  }

  void clear() {
    buffer.clear().position(HEADER_BYTES);
  }
}
