package io.drva.appliance;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * Shows the data of frames as NIO buffers without making one for each: a frame's data is a slice of
 * a receive buffer, and the view of that buffer is kept for as long as the frames that follow lie
 * in it. One thread.
 */
final class FrameData {
  private static final ByteBuffer NONE = ByteBuffer.allocateDirect(0);

  private long viewedAddress;
  private int viewedBytes;
  private ByteBuffer view = NONE;

  /**
   * The data of a frame, which is empty for one without.
   *
   * @param data a frame's direct buffer, or null; retained by the caller for as long as it uses the
   *     result
   * @return from position to limit the readable bytes; valid until the next call
   */
  ByteBuffer of(ByteBuf data) {
    if (data == null) {
      return NONE;
    }
    ByteBuf buffer = data.unwrap() == null ? data : data.unwrap();
    if (buffer.memoryAddress() != viewedAddress || buffer.capacity() != viewedBytes) {
      view = buffer.nioBuffer(0, buffer.capacity());
      viewedAddress = buffer.memoryAddress();
      viewedBytes = buffer.capacity();
    }
    int position = Math.toIntExact(data.memoryAddress() - viewedAddress) + data.readerIndex();
    return view.clear().position(position).limit(position + data.readableBytes());
  }
}
