package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Frames for the tests. */
final class Samples {
  /** An extent with its data in a buffer on the heap, so that it can be compared. */
  record Extent(
      FrameType type,
      int flags,
      long seq,
      long timeMicros,
      long offsetBytes,
      int stream,
      long lengthBytes,
      ByteBuf data) {

    void encode(FrameEncoder encoder, ByteBuf out) {
      encoder.encodeExtent(
          type,
          flags,
          seq,
          timeMicros,
          offsetBytes,
          stream,
          lengthBytes,
          data.readableBytes(),
          Crc32c.of(data),
          out);
      out.writeBytes(data.duplicate());
    }

    static Extent of(ExtentFrame frame) {
      byte[] data = new byte[frame.dataBytes()];
      if (frame.buffer() != null) {
        frame.buffer().getBytes(frame.dataIndex(), data);
      }
      return new Extent(
          frame.type(),
          frame.flags(),
          frame.seq(),
          frame.timeMicros(),
          frame.offsetBytes(),
          frame.stream(),
          frame.lengthBytes(),
          Unpooled.wrappedBuffer(data));
    }
  }

  private Samples() {}

  /** One control frame of every type, with random content. */
  static List<ControlFrame> control(RandomGenerator random) {
    long n = random.nextLong(1L << 62);
    long less = random.nextLong(n + 1);
    int u32 = random.nextInt();
    List<ControlFrame> frames = new ArrayList<>();
    frames.add(
        new ControlFrame.Hello(
            1,
            random.nextInt(1, 65_536),
            new UUID(random.nextLong(), random.nextLong()),
            n,
            "h" + n,
            "d" + less,
            "söft ☃"));
    frames.add(new ControlFrame.Welcome(1, 4_096, 1 << 20, 7, 1_000, n, less, less));
    frames.add(new ControlFrame.Open(u32 == 0 ? 1 : u32, 512, 512L * 77, "vm", "d.0_-X"));
    frames.add(new ControlFrame.Opened(u32, random.nextInt()));
    frames.add(new ControlFrame.Ack(n, less));
    frames.add(new ControlFrame.Credit(random.nextInt(1, Integer.MAX_VALUE)));
    frames.add(new ControlFrame.Pressure(random.nextInt(3)));
    frames.add(new ControlFrame.CheckpointPrepare(n, u32));
    frames.add(new ControlFrame.CheckpointReady(n, less));
    frames.add(new ControlFrame.CheckpointCommit(n));
    frames.add(new ControlFrame.ResyncBegin(n, less, u32));
    frames.add(new ControlFrame.ResyncEnd(n, less, u32));
    frames.add(new ControlFrame.Ping(n));
    frames.add(new ControlFrame.Pong(n, less, n));
    frames.add(new ControlFrame.Close(random.nextInt(2)));
    ErrorCode[] codes = ErrorCode.values();
    frames.add(
        new ControlFrame.Failure(codes[random.nextInt(1, codes.length)], n, less, "ärgerlich"));
    return frames;
  }

  /** A random extent with up to {@code dataBytesMax} bytes of data. */
  static Extent extent(RandomGenerator random, int dataBytesMax) {
    FrameType[] types = {FrameType.WRITE, FrameType.ZERO, FrameType.DISCARD, FrameType.BASELINE};
    FrameType type = types[random.nextInt(types.length)];
    byte[] data = new byte[type.hasData() ? random.nextInt(dataBytesMax + 1) : 0];
    random.nextBytes(data);
    return new Extent(
        type,
        type == FrameType.BASELINE ? random.nextInt(2) : 0,
        random.nextLong(),
        random.nextLong(Long.MAX_VALUE),
        random.nextLong(),
        random.nextInt(),
        type.hasData() ? data.length : random.nextLong(1L << 32),
        Unpooled.wrappedBuffer(data));
  }
}
