package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A frame reader with the transport played by the test: bytes go in in any pieces, and what comes
 * out is kept. Some extents are released at once, some only later, so that receive buffers are both
 * reused and shared.
 */
final class ReaderHarness implements FrameSink, AutoCloseable {
  static final int DATA_BYTES_MAX = 1 << 20;

  private static final int HELD_MAX = 8;

  /** Without thread caches, so that what is allocated can be counted. */
  private static final PooledByteBufAllocator ALLOCATOR =
      new PooledByteBufAllocator(true, 0, 1, 8_192, 9, 0, 0, false);

  private final RandomGenerator random;
  private final ReceiveBuffer receive = new ReceiveBuffer(() -> ReceiveBuffer.SERVER_BYTES);
  private final FrameReader reader = new FrameReader(receive, this, DATA_BYTES_MAX);

  @SuppressWarnings("deprecation")
  private final RecvByteBufAllocator.Handle transport = receive.newHandle();

  private final Deque<ExtentFrame> held = new ArrayDeque<>();
  private final Deque<Samples.Extent> expectedOfHeld = new ArrayDeque<>();
  final List<Object> frames = new ArrayList<>();
  int bufferBytesMax;

  ReaderHarness(RandomGenerator random, boolean unlocked) {
    this.random = random;
    if (unlocked) {
      receive.unlock();
    }
  }

  long frameOffset() {
    return reader.frameOffset();
  }

  /** Receives all of {@code bytes}, in reads of at most {@code readBytesMax}. */
  void receive(byte[] bytes, int from, int to, int readBytesMax) throws ProtocolException {
    int at = from;
    while (at < to) {
      ByteBuf buffer = transport.allocate(ALLOCATOR);
      int count = Math.min(Math.min(readBytesMax, to - at), buffer.writableBytes());
      assertTrue(count > 0, "the transport was given no room");
      bufferBytesMax = Math.max(bufferBytesMax, buffer.capacity());
      buffer.writeBytes(bytes, at, count);
      buffer.release();
      at += count;
      reader.read(ALLOCATOR);
    }
  }

  @Override
  public void accept(FrameType type) {}

  @Override
  public void control(ControlFrame frame) {
    frames.add(frame);
  }

  @Override
  public void extentHead(ExtentFrame frame) {}

  @Override
  public void extent(ExtentFrame frame) {
    Samples.Extent copy = Samples.Extent.of(frame);
    frames.add(copy);
    if (random.nextBoolean()) {
      frame.release();
      return;
    }
    held.add(frame);
    expectedOfHeld.add(copy);
    if (held.size() > HELD_MAX) {
      releaseOne();
    }
  }

  /** What was held must not have changed under its owner. */
  private void releaseOne() {
    ExtentFrame frame = held.remove();
    assertEquals(expectedOfHeld.remove(), Samples.Extent.of(frame));
    frame.release();
  }

  /** Checks that everything was given back. */
  @Override
  public void close() {
    while (!held.isEmpty()) {
      releaseOne();
    }
    reader.release();
    long active =
        ALLOCATOR.metric().directArenas().stream()
            .mapToLong(PoolArenaMetric::numActiveAllocations)
            .sum();
    assertEquals(0, active, "buffers leaked");
  }
}
