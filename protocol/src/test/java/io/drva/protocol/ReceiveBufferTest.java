package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;

class ReceiveBufferTest {
  private final ByteBufAllocator allocator = Transport.ALLOCATOR;
  private int sizeBytes = ReceiveBuffer.SERVER_BYTES;
  private final ReceiveBuffer receive = new ReceiveBuffer(() -> sizeBytes);

  /** A read of so many bytes, of which all are taken. */
  @SuppressWarnings("deprecation")
  private ByteBuf read(int bytes) {
    ByteBuf buffer = receive.newHandle().allocate(allocator);
    buffer.writeZero(bytes);
    buffer.skipBytes(bytes);
    buffer.release(); // As the connection does with what the transport hands it.
    receive.prepare(allocator, 0);
    return buffer;
  }

  @Test
  void aSilentConnectionWhoseFrameIsInUseKeepsItsBufferAndGetsNoOther() {
    receive.unlock();
    ByteBuf buffer = read(100);
    ByteBuf frame = buffer.retainedSlice(0, 100);
    receive.releaseIfEmpty();
    assertSame(buffer, read(100), "the frame keeps it in memory anyway");
    frame.release();
    receive.releaseIfEmpty();
    assertNull(receive.unread());
    assertEquals(0, buffer.refCnt());
  }

  @Test
  void itsSizeFollowsWhatTheServerSays() {
    assertEquals(ReceiveBuffer.LOCKED_BYTES, read(10).capacity());
    receive.unlock();
    read(10); // Into the buffer that is there, which is then too small to go on with.
    ByteBuf large = read(10);
    assertEquals(ReceiveBuffer.SERVER_BYTES, large.capacity());
    sizeBytes = ReceiveBuffer.SERVER_BYTES_MIN;
    assertSame(large, read(10), "one that is there is as good as any");
    receive.release();
    assertEquals(ReceiveBuffer.SERVER_BYTES_MIN, read(10).capacity());
    receive.release();
  }
}
