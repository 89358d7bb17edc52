package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;

/**
 * Collects the control frames of one turn of the event loop and sends them with one write. Used on
 * the connection's event loop only.
 */
final class ControlOutput {
  private static final int BUFFER_BYTES = 512;

  private final Channel channel;
  private final FrameEncoder encoder = new FrameEncoder();
  private ByteBuf pending;

  ControlOutput(Channel channel) {
    this.channel = channel;
  }

  Channel channel() {
    return channel;
  }

  /** Adds a frame; {@link #flush()} sends it. */
  void add(ControlFrame frame) {
    if (pending == null) {
      pending = channel.alloc().directBuffer(BUFFER_BYTES);
    }
    encoder.encode(frame, pending);
  }

  /**
   * Sends what was added. A failure of the write comes as exceptionCaught.
   *
   * @return whether there was anything
   */
  boolean flush() {
    ByteBuf out = pending;
    if (out == null) {
      return false;
    }
    pending = null;
    var _ = channel.writeAndFlush(out, channel.voidPromise());
    return true;
  }

  /** Sends what was added, and a last frame. */
  ChannelFuture flushLast(ControlFrame last) {
    add(last);
    ByteBuf out = pending;
    pending = null;
    return channel.writeAndFlush(out);
  }

  /** Drops what was not sent. */
  void release() {
    if (pending != null) {
      pending.release();
      pending = null;
    }
  }
}
