package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * One encoding of every frame type, kept in a file that was not written by this code. If this test
 * fails, the wire format has changed: that needs a new protocol version.
 */
final class GoldenFramesTest {
  private static final long TIME = 1_767_225_600_000_000L;

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void encodingMatchesItsFile(FrameType type) throws IOException {
    byte[] golden = golden(type);
    ByteBuf out = Transport.ALLOCATOR.directBuffer();
    try {
      Object frame = sample(type);
      if (frame instanceof Samples.Extent extent) {
        extent.encode(new FrameEncoder(), out);
      } else {
        new FrameEncoder().encode((ControlFrame) frame, out);
      }
      assertArrayEquals(golden, ByteBufUtil.getBytes(out));
    } finally {
      out.release();
    }
  }

  @ParameterizedTest
  @EnumSource(FrameType.class)
  void fileDecodesToTheFrame(FrameType type) throws Exception {
    byte[] golden = golden(type);
    try (ReaderHarness harness = new ReaderHarness(RandomGenerator.getDefault(), true)) {
      harness.receive(golden, 0, golden.length, golden.length);
      assertEquals(List.of(sample(type)), harness.frames);
      assertEquals(golden.length, harness.frameOffset());
    }
  }

  private static Object sample(FrameType type) {
    byte[] data = new byte[512];
    for (int i = 0; i < data.length; i++) {
      data[i] = (byte) (i * 7 + 3);
    }
    byte[] reversed = new byte[512];
    for (int i = 0; i < data.length; i++) {
      reversed[i] = data[data.length - 1 - i];
    }
    ByteBuf none = Unpooled.EMPTY_BUFFER;
    return switch (type) {
      case HELLO ->
          new ControlFrame.Hello(
              1,
              3,
              UUID.fromString("00010203-0405-0607-0809-0a0b0c0d0e0f"),
              TIME,
              "esx-01.example",
              "orders-db",
              "drva-filter 0.1 ü");
      case WELCOME ->
          new ControlFrame.Welcome(1, 1 << 20, 32 << 20, 1_024, 30_000, 7_001, 6_999, TIME + 5);
      case OPEN -> new ControlFrame.Open(0xfffffffe, 4_096, 1L << 40, "vm_7", "disk-0.vmdk");
      case OPENED -> new ControlFrame.Opened(0xfffffffe, 12);
      case WRITE ->
          new Samples.Extent(
              type, 0, 7_002, TIME + 7_002, 0x1234567000L, 3, 512, Unpooled.wrappedBuffer(data));
      case ZERO -> new Samples.Extent(type, 0, 7_003, TIME + 7_003, 0, 3, 0xfffff000L, none);
      case DISCARD ->
          new Samples.Extent(type, 0, 7_004, TIME + 7_004, 4_096, 0x80000001, 1 << 30, none);
      case BASELINE ->
          new Samples.Extent(
              type,
              1,
              7_005,
              TIME + 7_005,
              (1L << 46) - 512,
              9,
              512,
              Unpooled.wrappedBuffer(reversed));
      case ACK -> new ControlFrame.Ack(7_005, 7_003);
      case CREDIT -> new ControlFrame.Credit(Integer.MAX_VALUE);
      case PRESSURE -> new ControlFrame.Pressure(2);
      case CHECKPOINT_PREPARE -> new ControlFrame.CheckpointPrepare(88, 250);
      case CHECKPOINT_READY -> new ControlFrame.CheckpointReady(7_006, 88);
      case CHECKPOINT_COMMIT -> new ControlFrame.CheckpointCommit(88);
      case RESYNC_BEGIN -> new ControlFrame.ResyncBegin(7_007, TIME + 1, 3);
      case RESYNC_END -> new ControlFrame.ResyncEnd(7_008, TIME + 2, 3);
      case PING -> new ControlFrame.Ping(TIME + 9);
      case PONG -> new ControlFrame.Pong(TIME + 9, TIME + 10, TIME + 11);
      case CLOSE -> new ControlFrame.Close(ControlFrame.Close.SHUTTING_DOWN);
      case ERROR ->
          new ControlFrame.Failure(
              ErrorCode.SEQUENCE_GAP, 123_456_789_012L, 9, "seq 9 is not 8: naïve client");
    };
  }

  private static byte[] golden(FrameType type) throws IOException {
    String file = "/golden/" + type.name().toLowerCase(Locale.ROOT) + ".hex";
    try (InputStream in = GoldenFramesTest.class.getResourceAsStream(file)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      StringBuilder digits = new StringBuilder();
      text.lines().forEach(line -> digits.append(line.replaceAll("#.*|\\s", "")));
      return HexFormat.of().parseHex(digits);
    }
  }
}
