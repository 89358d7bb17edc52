package io.drva.logstore;

import java.nio.ByteBuffer;

/**
 * The records that the writer has appended and not yet handed to the file: the content of the next
 * document. Owned by the writer's thread.
 *
 * <p>Design note: why records are gathered. A mapped page that was written costs a page fault, and
 * when it is forced an interrupt of every processor that runs the process, to take the write
 * permission back. One document for a group of records, with only Chronicle's header written
 * through the mapping and the content through the file's channel, makes that one page for a group
 * instead of one or more for each record. See decision 6.
 */
final class RecordGroup {

  /** Content of a document that more records are added to, bytes; a larger record goes alone. */
  static final int TARGET_BYTES = 256 << 10;

  /** At least so many zeroes follow the content in the file: Chronicle's next header, bytes. */
  private static final int SLACK_BYTES_MIN = 64;

  /** The direct memory that a group takes. */
  static final int DIRECT_BYTES =
      encodedBytes(LogLimits.DATA_BYTES_MAX) + SLACK_BYTES_MIN + SystemDisk.BLOCK_BYTES;

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(DIRECT_BYTES);

  private long lastLsn;

  /** What a record takes in a document, bytes. */
  static int encodedBytes(int dataBytes) {
    return (RecordHeader.BYTES + dataBytes + CycleScanner.ALIGNMENT_BYTES - 1)
        & -CycleScanner.ALIGNMENT_BYTES;
  }

  boolean isEmpty() {
    return buffer.position() == 0;
  }

  /** The content so far, bytes. */
  int bytes() {
    return buffer.position();
  }

  /** The LSN of the last record added, or one less than that of a SNAPSHOT or SEAL. */
  long lastLsn() {
    return lastLsn;
  }

  /** Whether a record with so much data still belongs in this group; the first always does. */
  boolean takes(int dataBytes) {
    return isEmpty() || buffer.position() + encodedBytes(dataBytes) <= TARGET_BYTES;
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

  /**
   * The content, and zeroes to the end of the block that it ends in, from position to limit, to be
   * written as one; then {@link #clear}. Whatever an earlier use of the file has left there,
   * Chronicle finds its next header unwritten; and a block that is written whole need not be read
   * from the device first.
   *
   * @param positionBytes where the content will lie in the file
   */
  ByteBuffer contentAndSlack(long positionBytes) {
    int contentBytes = buffer.position();
    long end = positionBytes + contentBytes + SLACK_BYTES_MIN;
    long blockEnd = (end + SystemDisk.BLOCK_BYTES - 1) & -SystemDisk.BLOCK_BYTES;
    int limit = (int) (blockEnd - positionBytes);
    buffer.limit(limit);
    for (int at = contentBytes; at < limit; at += Integer.BYTES) {
      buffer.putInt(at, 0);
    }
    return buffer.position(0);
  }

  void clear() {
    buffer.clear();
  }
}
