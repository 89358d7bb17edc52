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
  private final int count;
  private final int segmentBytes;
  private final BlockingQueue<Buffer> free;
  private final AtomicInteger reserved = new AtomicInteger();

  /**
   * Sets the sizes; reserves nothing yet.
   *
   * @param count buffers
   * @param segmentBytes the longest segment that may be aimed at
   */
  public SegmentBuffers(int count, int segmentBytes) {
    SegmentBuilder.requireSegmentBytes(segmentBytes);
    this.count = count;
    this.segmentBytes = segmentBytes;
    this.free = new ArrayBlockingQueue<>(count);
  }

  /** The direct memory of a buffer for segments of so many bytes. */
  public static int bufferBytes(int segmentBytes) {
    // What is compressed is put in its place at once, and kept raw if that is shorter: LZ4 needs
    // its bound for a moment.
    return Lz4.boundBytes(SegmentBuilder.objectBytesMax(segmentBytes));
  }

  /** Takes a buffer, waiting for one to be free. The caller owns it until it closes it. */
  Buffer take() throws InterruptedException {
    Buffer buffer = free.poll();
    if (buffer == null && reserved.getAndUpdate(n -> Math.min(n + 1, count)) < count) {
      buffer = new Buffer();
    }
    return buffer == null ? free.take() : buffer;
  }

  /** Memory for one segment. */
  final class Buffer implements Closeable {
    final ByteBuffer bytes = ByteBuffer.allocateDirect(bufferBytes(segmentBytes));

    private Buffer() {}

    /** Gives the buffer back. To be called once. */
    @Override
    public void close() {
      free.add(this);
    }
  }
}
