package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * Walks the documents of a cycle file and verifies each record. Owned by one thread.
 *
 * <p>Design note: why not a Chronicle tailer. A tailer trusts document headers and index arrays
 * that carry no checksum, waits out timeouts on a torn file, may rename one that it cannot read,
 * and keeps files mapped that we want to recycle. The framing itself is four lines: documents start
 * at multiples of four with a little-endian length whose two top bits mean "incomplete" and
 * "metadata". Reading through a channel into one reused window costs one copy at memory speed,
 * never faults, and holds nothing but a file descriptor.
 */
final class CycleScanner {

  /** What {@link #next} found. */
  enum Found {
    /** An intact record: see {@link #header} and {@link #data}. */
    RECORD,
    /** No further complete document below the limit. */
    END,
    /** An intact record of another use of the file, or of another file: see {@link #header}. */
    FOREIGN,
    /** Something that is not an intact record: see {@link #problem}. */
    INVALID
  }

  private static final int INCOMPLETE = 0x8000_0000;
  private static final int METADATA = 0x4000_0000;
  private static final int LENGTH_MASK = 0x3FFF_FFFF;
  private static final int FRAME_BYTES = Integer.BYTES;

  /** A record's magic as the window reads it. */
  private static final int MAGIC = Integer.reverseBytes(RecordHeader.MAGIC);

  /** Documents, and the records in them, start at multiples of this. */
  static final int ALIGNMENT_BYTES = 4;

  /** The direct memory that a scanner takes. */
  static final int DIRECT_BYTES = LogLimits.SCAN_WINDOW_BYTES + SystemDisk.BLOCK_BYTES;

  private final ByteBuffer window =
      ByteBuffer.allocateDirect(DIRECT_BYTES)
          .alignedSlice(SystemDisk.BLOCK_BYTES)
          .limit(LogLimits.SCAN_WINDOW_BYTES)
          .slice()
          .order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer data = window.duplicate().order(ByteOrder.BIG_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private final RecordHeader header = new RecordHeader();

  private FileChannel channel;
  private long fileId;
  private long windowStart;
  private int windowBytes;

  /** The end of the last found record, bytes. */
  private long position;

  /** The end of the document that the last found record is in, bytes. */
  private long documentEnd;

  private long recordPosition;
  private String problem;

  /** Starts at the beginning of a file. The channel stays the caller's to close. */
  void start(FileChannel file, long fileIdExpected) {
    channel = file;
    fileId = fileIdExpected;
    windowStart = 0;
    windowBytes = 0;
    position = 0;
    documentEnd = 0;
    recordPosition = 0;
    problem = null;
  }

  RecordHeader header() {
    return header;
  }

  /** The record's data, from position to limit; valid until the next call of {@link #next}. */
  ByteBuffer data() {
    return data;
  }

  /** Where the last found record starts, or what is not one, bytes. */
  long recordPosition() {
    return recordPosition;
  }

  /** The end of the last found record, with its padding, bytes. */
  long position() {
    return position;
  }

  String problem() {
    return problem;
  }

  /**
   * Goes to the next record.
   *
   * @param limitBytes the file is looked at below this position only; may grow from call to call
   */
  Found next(long limitBytes) throws IOException {
    if (position < documentEnd) {
      return record(limitBytes);
    }
    long at = align(position);
    while (true) {
      recordPosition = at;
      if (at + FRAME_BYTES > limitBytes || !load(at, FRAME_BYTES, limitBytes)) {
        return end(limitBytes);
      }
      int frame = window.getInt((int) (at - windowStart));
      if (frame == 0 || (frame & INCOMPLETE) != 0) {
        return end(limitBytes);
      }
      long frameEnd = at + FRAME_BYTES + (frame & LENGTH_MASK);
      if ((frame & METADATA) == 0) {
        position = at + FRAME_BYTES;
        documentEnd = frameEnd;
        return record(limitBytes);
      }
      if (documentEnd > 0) {
        return invalid("metadata behind the first record");
      }
      at = align(frameEnd);
    }
  }

  private Found end(long limitBytes) {
    problem = "no complete record before position " + limitBytes;
    return Found.END;
  }

  /** Takes the record at {@link #position}, which moves behind it only if it is intact. */
  private Found record(long limitBytes) throws IOException {
    long at = position;
    recordPosition = at;
    long end = Math.min(documentEnd, limitBytes);
    if (at + RecordHeader.BYTES > end || !load(at, RecordHeader.BYTES, limitBytes)) {
      return invalid("the document ends within a record's header");
    }
    String headerProblem = header.decode(window, (int) (at - windowStart));
    if (headerProblem != null) {
      return invalid(headerProblem);
    }
    if (header.fileId != fileId) {
      problem = "the record belongs to another use of the file";
      return Found.FOREIGN;
    }
    if (header.dataLengthBytes < 0 || header.dataLengthBytes > LogLimits.DATA_BYTES_MAX) {
      return invalid("a data length of " + header.dataLengthBytes + " is impossible");
    }
    int encodedBytes = RecordGroup.encodedBytes(header.dataLengthBytes);
    if (at + encodedBytes > end || !load(at, encodedBytes, limitBytes)) {
      return invalid("the document ends within a record's data");
    }
    int dataStart = (int) (at - windowStart) + RecordHeader.BYTES;
    data.limit(dataStart + header.dataLengthBytes).position(dataStart);
    if (header.dataCrc32c != dataCrc(dataStart)) {
      return invalid("the data's checksum does not match");
    }
    position = at + encodedBytes;
    return Found.RECORD;
  }

  private int dataCrc(int dataStart) {
    if (!data.hasRemaining()) {
      return 0;
    }
    crc.reset();
    crc.update(data);
    data.position(dataStart);
    return (int) crc.getValue();
  }

  private Found invalid(String what) {
    problem = what;
    return Found.INVALID;
  }

  /**
   * Looks for evidence, from a position on, that a record was forced: an intact header of this file
   * that knew a forced LSN of at least {@code lsn}.
   */
  boolean provesForced(long from, long lsn, long limitBytes) throws IOException {
    for (long at = from; (at = nextHeader(at, limitBytes)) >= 0; at += ALIGNMENT_BYTES) {
      if (header.forcedLsn >= lsn) {
        return true;
      }
    }
    return false;
  }

  /**
   * Looks for intact headers of this file from {@code from} on, whatever lies between, and takes
   * the first into {@link #header}.
   *
   * @return where it is, bytes; -1 when there is none
   */
  long nextHeader(long from, long limitBytes) throws IOException {
    long at = align(from);
    while (at + RecordHeader.BYTES <= limitBytes && load(at, RecordHeader.BYTES, limitBytes)) {
      // By the window, not by the byte: all that a log has not used yet is looked through.
      int last = (int) Math.min(windowBytes, limitBytes - windowStart) - RecordHeader.BYTES;
      int start = (int) (at - windowStart);
      for (; start <= last; start += ALIGNMENT_BYTES) {
        if (window.getInt(start) == MAGIC
            && header.decode(window, start) == null
            && header.fileId == fileId) {
          return windowStart + start;
        }
      }
      at = windowStart + start;
    }
    return -1;
  }

  /** Makes {@code length} bytes at {@code at} present in the window, or says that they are not. */
  private boolean load(long at, int length, long limitBytes) throws IOException {
    if (at >= windowStart && at + length <= windowStart + windowBytes) {
      return true;
    }
    windowStart = at - at % SystemDisk.BLOCK_BYTES;
    windowBytes = 0;
    // Whole blocks, as direct reads need; what lies beyond the limit is read and then ignored.
    long wanted = alignBlock(limitBytes) - windowStart;
    window.clear().limit((int) Math.min(window.capacity(), wanted));
    while (window.hasRemaining()) {
      int count = channel.read(window, windowStart + window.position());
      if (count <= 0 || windowStart + window.position() >= channel.size()) {
        break;
      }
    }
    windowBytes = (int) Math.min(window.position(), limitBytes - windowStart);
    return at + length <= windowStart + windowBytes;
  }

  private static long align(long position) {
    return (position + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
  }

  private static long alignBlock(long position) {
    return (position + SystemDisk.BLOCK_BYTES - 1) & -SystemDisk.BLOCK_BYTES;
  }
}
