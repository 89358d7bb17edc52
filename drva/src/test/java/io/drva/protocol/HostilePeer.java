package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** What a broken or hostile client may send. */
public final class HostilePeer {
  private HostilePeer() {}

  /**
   * Bytes that no server can take to the end.
   *
   * @param host a name of its own; valid sessions of other hosts must not notice
   */
  public static byte[] bytes(String host, String domain, RandomGenerator random) {
    ByteBuf out = Unpooled.buffer();
    FrameEncoder encoder = new FrameEncoder();
    if (random.nextBoolean()) {
      encoder.encode(hello(host, domain, random), out);
    }
    switch (random.nextInt(7)) {
      case 0 -> out.writeBytes(noise(random));
      case 1 -> encoder.encode(hello(host, domain, random), out); // Again, or before an answer.
      case 2 -> encoder.encode(new ControlFrame.Ack(1, 1), out); // Not a client's to send.
      case 3 -> encoder.encode(new ControlFrame.CheckpointCommit(1), out);
      case 4 ->
          encoder.encodeExtent(
              FrameType.WRITE, 0, 7, 5, 0, 9, 512, 512, 0, out); // Nothing is open.
      case 5 -> {
        encoder.encode(hello(host, domain, random), out);
        int at = random.nextInt(out.readableBytes());
        out.setByte(at, out.getByte(at) ^ 1 << random.nextInt(8));
      }
      default -> {
        out.writeInt(Wire.MAGIC).writeInt(0).writeByte(FrameType.WRITE.code()).writeByte(0);
        out.writeShort(0xFFFF).writeInt(-1); // Lengths that would take all memory.
      }
    }
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  private static ControlFrame.Hello hello(String host, String domain, RandomGenerator random) {
    UUID incarnation = new UUID(random.nextLong(), random.nextLong());
    return new ControlFrame.Hello(1, 1, incarnation, 1_000, host, domain, "hostile");
  }

  private static byte[] noise(RandomGenerator random) {
    byte[] noise = new byte[random.nextInt(1, 2000)];
    random.nextBytes(noise);
    return noise;
  }
}
