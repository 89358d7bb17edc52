package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/**
 * Whatever pieces the bytes come in, the same frames come out; and whatever bytes come, nothing
 * else breaks.
 */
final class FrameReaderTest {
  private static final int RUNS = 150;
  private static final int FUZZ_RUNS = 1_500;

  @Test
  void everySplitOfAStreamDecodesTheSame() throws Exception {
    RandomGenerator random = Seeds.random("everySplitOfAStreamDecodesTheSame");
    List<Object> sent = new ArrayList<>(Samples.control(random));
    sent.add(Samples.extent(random, 64));
    sent.add(Samples.extent(random, 64));
    byte[] bytes = encode(sent);
    for (int cut = 0; cut <= bytes.length; cut++) {
      try (ReaderHarness harness = new ReaderHarness(random, cut % 2 == 0)) {
        harness.receive(bytes, 0, cut, bytes.length);
        harness.receive(bytes, cut, bytes.length, bytes.length);
        assertEquals(sent, harness.frames, "cut at " + cut);
      }
    }
  }

  @Test
  void randomPiecesOfRandomFramesDecodeTheSame() throws Exception {
    RandomGenerator random = Seeds.random("randomPiecesOfRandomFramesDecodeTheSame");
    for (int run = 0; run < RUNS; run++) {
      int dataBytesMax = 1 << random.nextInt(6, 20);
      List<Object> sent = new ArrayList<>();
      for (int i = random.nextInt(1, 40), budget = 4 << 20; i > 0 && budget > 0; i--) {
        Samples.Extent extent = Samples.extent(random, dataBytesMax);
        budget -= extent.data().readableBytes();
        sent.add(extent);
        if (random.nextInt(4) == 0) {
          sent.addAll(Samples.control(random));
        }
      }
      byte[] bytes = encode(sent);
      try (ReaderHarness harness = new ReaderHarness(random, true)) {
        for (int at = 0; at < bytes.length; ) {
          int piece = Math.min(bytes.length - at, 1 + random.nextInt(1 << random.nextInt(4, 22)));
          harness.receive(bytes, at, at + piece, piece);
          at += piece;
        }
        assertEquals(sent, harness.frames);
        assertEquals(bytes.length, harness.frameOffset());
        assertTrue(harness.bufferBytesMax <= memoryLimitBytes(), "" + harness.bufferBytesMax);
      }
    }
  }

  @Test
  void garbageAndMutationsEndInProtocolExceptionsOnly() {
    RandomGenerator random = Seeds.random("garbageAndMutationsEndInProtocolExceptionsOnly");
    int refused = 0;
    for (int run = 0; run < FUZZ_RUNS; run++) {
      byte[] bytes = random.nextInt(4) == 0 ? garbage(random) : mutation(random);
      try (ReaderHarness harness = new ReaderHarness(random, random.nextBoolean())) {
        harness.receive(bytes, 0, bytes.length, 1 + random.nextInt(4_096));
        assertTrue(harness.bufferBytesMax <= memoryLimitBytes());
      } catch (ProtocolException e) {
        refused++;
        assertTrue(e.frameOffset() >= 0 && e.frameOffset() < bytes.length, e::getMessage);
      }
    }
    assertTrue(refused > FUZZ_RUNS / 4, "only " + refused + " refused: the fuzzer is not biting");
  }

  @Test
  void aLengthAboveItsLimitIsRefusedBeforeItsBytesAreAwaited() {
    for (int fieldAt : new int[] {Wire.FIELDS_LENGTH_AT, Wire.DATA_LENGTH_AT}) {
      byte[] head =
          encode(
              List.of(
                  new Samples.Extent(FrameType.WRITE, 0, 1, 1, 0, 1, 0, Unpooled.EMPTY_BUFFER)));
      head[fieldAt] = 0x7f;
      assertRefused(ErrorCode.FRAME_TOO_LARGE, head, Wire.HEAD_BYTES);
    }
    byte[] ping = encode(List.of(new ControlFrame.Ping(1)));
    ping[Wire.DATA_LENGTH_AT + 3] = 1;
    assertRefused(ErrorCode.FRAME_TOO_LARGE, ping, Wire.HEAD_BYTES);
  }

  @Test
  void theFirstFailingCheckDecides() {
    byte[] ping = encode(List.of(new ControlFrame.Ping(1)));
    byte[] broken = ping.clone();
    broken[0] ^= 1;
    broken[Wire.TYPE_AT] = 0x7f;
    assertRefused(ErrorCode.BAD_MAGIC, broken, 4);
    broken[0] ^= 1;
    assertRefused(ErrorCode.UNKNOWN_TYPE, broken, Wire.HEAD_BYTES);
    broken = ping.clone();
    broken[Wire.FLAGS_AT] = 1;
    assertRefused(ErrorCode.BAD_CHECKSUM, broken, ping.length);
    assertRefused(ErrorCode.MALFORMED, fixChecksum(broken), ping.length);
    byte[] write =
        encode(
            List.of(
                new Samples.Extent(
                    FrameType.WRITE, 0, 1, 1, 0, 1, 512, Unpooled.wrappedBuffer(new byte[512]))));
    write[write.length - 1] ^= 1;
    assertRefused(ErrorCode.BAD_DATA_CHECKSUM, write, write.length);
    write[Wire.HEAD_BYTES + 31] ^= 1;
    assertRefused(ErrorCode.MALFORMED, fixChecksum(write), Wire.EXTENT_HEAD_BYTES);
  }

  @Test
  void fieldsOutsideTheirRulesAreMalformed() {
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Open(0, 512, 512, "v", "d"));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Open(1, 1_024, 1_024, "v", "d"));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Open(1, 512, 513, "v", "d"));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Open(1, 512, (1L << 46) + 512, "v", "d"));
    assertRefused(ErrorCode.BAD_NAME, new ControlFrame.Open(1, 512, 512, "", "d"));
    assertRefused(ErrorCode.BAD_NAME, new ControlFrame.Open(1, 512, 512, "v", "-d"));
    assertRefused(ErrorCode.BAD_NAME, new ControlFrame.Open(1, 512, 512, "v", "x".repeat(129)));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Ping(-1));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Close(2));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Pressure(3));
    assertRefused(ErrorCode.MALFORMED, new ControlFrame.Credit(0));
    assertRefused(ErrorCode.MALFORMED, hello(2, 1, "dom", "s"));
    assertRefused(ErrorCode.MALFORMED, hello(1, 1, "dom", "s".repeat(65)));
    assertRefused(ErrorCode.BAD_NAME, hello(1, 1, "Dom", "s"));
    assertRefused(ErrorCode.BAD_NAME, hello(1, 1, "d--m", "s"));
    assertRefused(ErrorCode.BAD_NAME, hello(1, 1, "do", "s"));
  }

  private static ControlFrame hello(int min, int max, String domain, String software) {
    return new ControlFrame.Hello(min, max, new UUID(1, 2), 3, "h", domain, software);
  }

  private static void assertRefused(ErrorCode code, ControlFrame frame) {
    byte[] bytes = encode(List.of(frame));
    assertRefused(code, bytes, bytes.length);
  }

  /** After a good frame, the first {@code bytes} are enough to be refused. */
  private static void assertRefused(ErrorCode code, byte[] frame, int bytes) {
    byte[] good = encode(List.of(new ControlFrame.Ping(7)));
    try (ReaderHarness harness = new ReaderHarness(RandomGenerator.getDefault(), true)) {
      ProtocolException refused =
          assertThrows(
              ProtocolException.class,
              () -> {
                harness.receive(good, 0, good.length, good.length);
                harness.receive(frame, 0, bytes, bytes);
              });
      assertEquals(code, refused.code(), refused::getMessage);
      assertEquals(good.length, refused.frameOffset());
    }
  }

  private static byte[] garbage(RandomGenerator random) {
    byte[] bytes = new byte[random.nextInt(1, 2_000)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] mutation(RandomGenerator random) {
    List<Object> frames = new ArrayList<>(Samples.control(random));
    frames.add(random.nextInt(frames.size()), Samples.extent(random, 3_000));
    byte[] bytes = encode(frames);
    int start = 0;
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      int at = random.nextInt(bytes.length);
      bytes[at] = (byte) random.nextInt();
      start = at;
    }
    if (random.nextBoolean()) {
      // Half of them with a right checksum, so that the mutation gets past it.
      int frame = 0;
      for (Object sent : frames) {
        byte[] one = encode(List.of(sent));
        if (start >= frame && start < frame + one.length && one.length <= bytes.length - frame) {
          System.arraycopy(
              fixChecksum(Arrays.copyOfRange(bytes, frame, frame + one.length)),
              0,
              bytes,
              frame,
              one.length);
        }
        frame += one.length;
      }
    }
    return bytes;
  }

  private static byte[] fixChecksum(byte[] frame) {
    ByteBuffer buffer = ByteBuffer.wrap(frame);
    int fields = buffer.getShort(Wire.FIELDS_LENGTH_AT) & 0xffff;
    int end = Math.min(frame.length, Wire.HEAD_BYTES + fields);
    CRC32C crc = new CRC32C();
    crc.update(frame, Wire.TYPE_AT, end - Wire.TYPE_AT);
    buffer.putInt(Wire.CRC_AT, (int) crc.getValue());
    return frame;
  }

  /** What a receive buffer may have: one full size, or one largest frame. */
  private static int memoryLimitBytes() {
    return Math.max(
        ReceiveBuffer.SERVER_BYTES,
        Wire.HEAD_BYTES + Wire.FIELDS_BYTES_MAX + ReaderHarness.DATA_BYTES_MAX);
  }

  static byte[] encode(List<?> frames) {
    ByteBuf out = Transport.ALLOCATOR.directBuffer();
    try {
      FrameEncoder encoder = new FrameEncoder();
      for (Object frame : frames) {
        if (frame instanceof Samples.Extent extent) {
          extent.encode(encoder, out);
        } else {
          encoder.encode((ControlFrame) frame, out);
        }
      }
      return ByteBufUtil.getBytes(out);
    } finally {
      out.release();
    }
  }
}
