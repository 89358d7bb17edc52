package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC-32C of buffer regions. Not thread-safe: one per connection, reused, so that it costs no
 * garbage.
 */
final class Crc32c {
  private final CRC32C crc = new CRC32C();

  /**
   * Checksum of a region of a buffer that only the calling thread uses as a whole: it goes through
   * the buffer's internal NIO view, which costs no allocation but is shared by the buffer.
   */
  int ofOwn(ByteBuf buf, int index, int length) {
    crc.reset();
    if (length > 0) {
      crc.update(buf.internalNioBuffer(index, length));
    }
    return (int) crc.getValue();
  }

  /**
   * Checksum of the readable bytes of any buffer. It takes fresh NIO views, because other threads
   * may use the same buffer: a producer may hand over one retained buffer many times while the
   * event loop is sending it.
   */
  static int of(ByteBuf buf) {
    CRC32C crc = new CRC32C();
    if (buf.hasArray()) {
      crc.update(buf.array(), buf.arrayOffset() + buf.readerIndex(), buf.readableBytes());
    } else if (buf.nioBufferCount() == 1) {
      crc.update(buf.nioBuffer());
    } else {
      for (ByteBuffer part : buf.nioBuffers()) {
        crc.update(part);
      }
    }
    return (int) crc.getValue();
  }
}
