package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.IntSupplier;

/**
 * The memory that a connection's bytes are received into, and Netty's view of it.
 *
 * <p>Design note. Netty normally allocates a buffer per read, and a decoder joins what a frame has
 * left in several of them. Here the transport reads into the free end of the buffer that already
 * holds the beginning of the frame, so most frames that span reads are contiguous without having
 * been copied, and each is handed on as a slice. Bytes move only when the rest of a frame does not
 * fit behind its beginning: once per buffer, and only the partial frame.
 *
 * <p>Memory: the connection itself holds at most one buffer, of its current size or what one frame
 * needs, and none when it has been silent for a while. Frames keep their buffer alive, so frames in
 * use pin at most their own bytes rounded up to whole buffers. Until {@link #unlock()} the buffer
 * has {@link #LOCKED_BYTES}, so that a connection that has not said who it is costs little.
 *
 * <p>One read per turn of the event loop: connections take turns, and a connection that is paused
 * still delivers at most the frames of the one buffer that is being read.
 */
final class ReceiveBuffer extends DefaultMaxMessagesRecvByteBufAllocator {
  /** The largest and smallest size of a server's receive buffer. */
  static final int SERVER_BYTES = 512 << 10;

  static final int SERVER_BYTES_MIN = 64 << 10;

  /** Size of a client's receive buffer: all it gets is control frames. */
  static final int CLIENT_BYTES = 16 << 10;

  /** The first buffer of a connection: the largest frame without data fits. */
  static final int LOCKED_BYTES = 2 << 10;

  /** A read into less space than this is not worth its system call, if moving is cheaper. */
  private static final int READ_BYTES_MIN = 8 << 10;

  private final IntSupplier unlockedBytes;
  private boolean unlocked;
  private ByteBuf buffer;

  /**
   * @param unlockedBytes the size of buffers from {@link #unlock} on; asked when one is needed
   */
  ReceiveBuffer(IntSupplier unlockedBytes) {
    super(1);
    this.unlockedBytes = unlockedBytes;
  }

  /** From now on the connection is worth full-size buffers. */
  void unlock() {
    unlocked = true;
  }

  private int receiveBytes() {
    return unlocked ? unlockedBytes.getAsInt() : LOCKED_BYTES;
  }

  /** What was received and not taken yet; null if there is nothing. Stays owned here. */
  ByteBuf unread() {
    return buffer;
  }

  /**
   * Makes room after the complete frames were taken.
   *
   * @param frameBytes size of the frame whose beginning is left over, as far as it is known
   */
  void prepare(ByteBufAllocator allocator, int frameBytes) {
    int partialBytes = buffer.readableBytes();
    int receiveBytes = receiveBytes();
    boolean shared = buffer.refCnt() > 1;
    if (partialBytes == 0) {
      if (!shared && buffer.capacity() >= receiveBytes) {
        buffer.clear(); // Nobody uses what was in it: the same memory, warm in the cache, again.
      } else if (!shared || buffer.writableBytes() < READ_BYTES_MIN) {
        release();
      }
      return;
    }
    boolean fits = buffer.capacity() - buffer.readerIndex() >= frameBytes;
    boolean crowded = buffer.writableBytes() < READ_BYTES_MIN && partialBytes < READ_BYTES_MIN;
    if (fits && !crowded) {
      return;
    }
    if (!shared && buffer.capacity() >= Math.max(frameBytes, receiveBytes)) {
      buffer.discardReadBytes();
      return;
    }
    ByteBuf next = allocator.directBuffer(Math.max(receiveBytes, frameBytes));
    next.writeBytes(buffer);
    buffer.release();
    buffer = next;
  }

  /**
   * Gives the memory back if nothing is in it: the connection has been silent for a while. Not
   * while frames are in use that lie in it: they keep it in memory, and there would soon be
   * another.
   */
  void releaseIfEmpty() {
    if (buffer != null && !buffer.isReadable() && buffer.refCnt() == 1) {
      release();
    }
  }

  /** Gives the memory back; whatever is unread is dropped. */
  void release() {
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }

  @Override
  @SuppressWarnings("deprecation") // Netty deprecates the type that its own SPI returns.
  public Handle newHandle() {
    return new MaxMessageHandle() {
      @Override
      public ByteBuf allocate(ByteBufAllocator allocator) {
        if (buffer == null) {
          buffer = allocator.directBuffer(receiveBytes());
        }
        // The transport releases what it gets when a read brings nothing: that must not be ours.
        return buffer.retain();
      }

      @Override
      public int guess() {
        return receiveBytes();
      }
    };
  }
}
