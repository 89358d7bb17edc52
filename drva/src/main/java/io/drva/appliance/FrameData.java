package io.drva.appliance;

import io.drva.protocol.ExtentFrame;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * Shows the data of frames as NIO buffers without making one for each: a view of each receive
 * buffer is kept, and buffers come out of a pool, so that the same ones come back. One thread.
 */
final class FrameData {
  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  /** Views that are kept, 2 to this power; connections that write at the same time share them. */
  private static final int VIEW_BITS = 8;

  private final long[] addresses = new long[1 << VIEW_BITS];
  private final ByteBuffer[] views = new ByteBuffer[1 << VIEW_BITS];

  /**
   * The data of a frame, which is empty for one without.
   *
   * @param frame with a direct buffer or none; owned by the caller for as long as it uses the
   *     result
   * @return from position to limit the readable bytes; valid until the next call
   */
  ByteBuffer of(ExtentFrame frame) {
    ByteBuf buffer = frame.buffer();
    if (buffer == null) {
      return NONE;
    }
    // A view of memory that was freed since is never used: only the address of a live buffer, with
    // its capacity, leads to one.
    long address = buffer.memoryAddress();
    int place =
        (int) ((address * 0x9E37_79B9_7F4A_7C15L) >>> (Long.SIZE - VIEW_BITS)); // Fibonacci hashing
    if (addresses[place] != address || views[place].capacity() != buffer.capacity()) {
      views[place] = buffer.nioBuffer(0, buffer.capacity());
      addresses[place] = address;
    }
    return views[place]
        .clear()
        .position(frame.dataIndex())
        .limit(frame.dataIndex() + frame.dataBytes());
  }
}
