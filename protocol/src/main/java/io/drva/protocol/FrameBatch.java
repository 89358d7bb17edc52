package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;

/**
 * Puts frames on a client's channel, several per write. Heads and small data are copied into one
 * buffer, because a small copy is cheaper than another entry in the outbound queue and in the
 * system call; large data goes by reference. Used on the connection's event loop.
 */
final class FrameBatch {
  /** Bytes after which a batch is full: the producers' lock is held while one is filled. */
  private static final int BATCH_BYTES = 64 << 10;

  /** Data up to this size is copied behind its head. */
  private static final int COPIED_BYTES_MAX = 4 << 10;

  /**
   * Size of the buffer for heads and small data: what the allocator keeps in its thread's cache.
   */
  private static final int HEADS_BYTES = 32 << 10;

  private final Channel channel;
  private final FrameEncoder encoder = new FrameEncoder();
  private ByteBuf heads;
  private int headsStart;
  private int batchBytes;

  FrameBatch(Channel channel) {
    this.channel = channel;
  }

  boolean isFull() {
    return batchBytes >= BATCH_BYTES;
  }

  void add(ControlFrame frame) {
    reserve(Wire.HEAD_BYTES + Wire.FIELDS_BYTES_MAX);
    int start = heads.writerIndex();
    encoder.encode(frame, heads);
    batchBytes += heads.writerIndex() - start;
  }

  /** Adds a frame; its data stays the owner's, the channel takes a reference of its own. */
  void add(RetainedFrames.Frame frame) {
    boolean copied = frame.dataBytes <= COPIED_BYTES_MAX;
    reserve(Wire.EXTENT_HEAD_BYTES + (copied ? frame.dataBytes : 0));
    encoder.encodeExtent(
        frame.type,
        frame.flags,
        frame.seq,
        frame.timeMicros,
        frame.offsetBytes,
        frame.stream,
        frame.lengthBytes,
        frame.dataBytes,
        frame.dataCrc32c,
        heads);
    batchBytes += frame.frameBytes();
    if (frame.dataBytes == 0) {
      return;
    }
    if (copied) {
      heads.writeBytes(frame.data, frame.data.readerIndex(), frame.dataBytes);
    } else {
      writeHeads();
      var _ = channel.write(frame.data.retainedDuplicate(), channel.voidPromise());
    }
  }

  /**
   * Puts what was added on the channel, without flushing it.
   *
   * @return bytes of that
   */
  int write() {
    if (heads != null) {
      writeHeads();
      release();
    }
    int bytes = batchBytes;
    batchBytes = 0;
    return bytes;
  }

  /** Gives back the memory of a batch that was not written. */
  void release() {
    if (heads != null) {
      heads.release();
      heads = null;
    }
  }

  private void reserve(int bytes) {
    if (heads != null && heads.writableBytes() < bytes) {
      writeHeads();
      release();
    }
    if (heads == null) {
      heads = channel.alloc().directBuffer(HEADS_BYTES);
      headsStart = 0;
    }
  }

  private void writeHeads() {
    int end = heads.writerIndex();
    if (end > headsStart) {
      var _ =
          channel.write(heads.retainedSlice(headsStart, end - headsStart), channel.voidPromise());
      headsStart = end;
    }
  }
}
