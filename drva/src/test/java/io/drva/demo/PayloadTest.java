package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Factory;
import org.junit.jupiter.api.Test;

class PayloadTest {
  private static final int SECTORS = 128;

  private static byte[] content(int disk, long sector, int version) {
    ByteBuf buffer = Unpooled.buffer();
    Payload.write(buffer, disk, sector, SECTORS, version);
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  @Test
  void isAFunctionOfDiskSectorAndVersion() {
    assertTrue(Arrays.equals(content(1, 7, 3), content(1, 7, 3)));
    assertFalse(Arrays.equals(content(1, 7, 3), content(2, 7, 3)));
    assertFalse(Arrays.equals(content(1, 7, 3), content(1, 8, 3)));
    assertFalse(Arrays.equals(content(1, 7, 3), content(1, 7, 4)));
  }

  @Test
  void compressesAboutTwoToOne() {
    byte[] raw = content(1, 0, 1);
    double ratio =
        (double) raw.length / LZ4Factory.fastestInstance().fastCompressor().compress(raw).length;
    assertEquals(2.0, ratio, 0.2);
  }

  @Test
  void matchesOnlyItself() {
    ByteBuf buffer = Unpooled.buffer();
    Payload.write(buffer, 5, 9, 1, 2);
    assertTrue(Payload.matches(buffer.nioBuffer(), 0, 5, 9, 2));
    assertFalse(Payload.matches(buffer.nioBuffer(), 0, 5, 9, 3));
    assertFalse(Payload.matches(buffer.nioBuffer(), 0, 5, 9, 0));
    for (int bit = 0; bit < Payload.SECTOR_BYTES * 8; bit++) {
      ByteBuf flipped = buffer.copy();
      flipped.setByte(bit / 8, flipped.getByte(bit / 8) ^ 1 << bit % 8);
      assertFalse(Payload.matches(flipped.nioBuffer(), 0, 5, 9, 2), "bit " + bit);
    }
  }
}
