package io.drva.blobsink;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of buffers, each for one segment from its first record until it is stored. This is
 * what bounds the memory of a domain's shipping: whoever wants to begin another segment waits for a
 * free one. Safe for use by several threads.
 *
 * <p>Memory is reserved when a buffer is first needed, so that an idle domain holds one or two.
 */
public final class SegmentBuffers {
  /** The smallest and largest size that a segment's data may aim at, bytes. */
  public static final int TARGET_BYTES_MIN = 4 << 10;

  public static final int TARGET_BYTES_MAX = 48 << 20;

  /** Room for the disk and host tables of an index, bytes; a segment is full when it is used up. */
  static final int NAME_TABLES_BYTES = 1 << 20;

  private final int count;
  private final int targetBytes;
  private final int recordsMax;
  private final BlockingQueue<Buffer> free;
  private final AtomicInteger reserved = new AtomicInteger();

  /**
   * Sets the sizes; reserves nothing yet.
   *
   * @param count buffers
   * @param targetBytes stored bytes of data at which a segment is full
   * @param recordsMax records at which a segment is full, at most {@link Format#RECORDS_MAX}
   */
  public SegmentBuffers(int count, int targetBytes, int recordsMax) {
    if (count < 1 || targetBytes < TARGET_BYTES_MIN || targetBytes > TARGET_BYTES_MAX) {
      throw new IllegalArgumentException(
          "buffers " + count + ", segment bytes " + targetBytes + " are out of range");
    }
    if (recordsMax < 1 || recordsMax > Format.RECORDS_MAX) {
      throw new IllegalArgumentException("records of a segment out of range: " + recordsMax);
    }
    this.count = count;
    this.targetBytes = targetBytes;
    this.recordsMax = recordsMax;
    this.free = new ArrayBlockingQueue<>(count);
  }

  int targetBytes() {
    return targetBytes;
  }

  int recordsMax() {
    return recordsMax;
  }

  /** What the longest raw index can have. */
  int indexBytesMax() {
    return NAME_TABLES_BYTES + recordsMax * (Format.RECORD_ENTRY_BYTES + Format.CHUNK_ENTRY_BYTES);
  }

  /** Data bytes that a segment may reach: its target, or one record that is longer. */
  int dataBytesMax() {
    return Math.max(targetBytes, Format.RECORD_DATA_BYTES_MAX);
  }

  /** Takes a buffer, waiting for one to be free. The caller owns it until it closes it. */
  Buffer take() throws InterruptedException {
    Buffer buffer = free.poll();
    if (buffer == null && reserved.getAndUpdate(n -> Math.min(n + 1, count)) < count) {
      buffer = new Buffer();
    }
    return buffer == null ? free.take() : buffer;
  }

  /** Memory for one segment: stored index and header, data, footer. */
  final class Buffer implements Closeable {
    final ByteBuffer head =
        ByteBuffer.allocateDirect(Format.HEADER_BYTES + Lz4.boundBytes(indexBytesMax()));
    // A chunk is compressed in place and then kept raw if that is shorter: LZ4 needs its bound for
    // a moment.
    final ByteBuffer data = ByteBuffer.allocateDirect(Lz4.boundBytes(dataBytesMax()));
    final ByteBuffer footer = ByteBuffer.allocateDirect(Format.FOOTER_BYTES);

    private Buffer() {}

    /** Gives the buffer back. To be called once. */
    @Override
    public void close() {
      head.clear();
      data.clear();
      footer.clear();
      free.add(this);
    }
  }
}
