package io.drva.protocol;

import io.drva.benchmarks.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.RecvByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What the server does with bytes from a socket: {@link ReceiveBuffer} and {@link FrameReader} with
 * the server's allocator and buffer size, both checksums of each frame included. A copy from memory
 * stands for the system call. One operation is one WRITE.
 *
 * <p>In the package of the classes that it measures because they are package-private.
 */
@State(Scope.Thread)
@Fork(jvmArgsAppend = {EventLoopThreads.CUSTOM, EventLoopThreads.CLASS})
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class FrameReadBenchmark {
  /** Frames of 4 KiB that fill one receive buffer; frames of 64 KiB fill 16 of them. */
  private static final int WRITES = 126;

  @Param({"4096", "65536"})
  public int writeBytes;

  @Param public FrameRelease release;

  private final ReceiveBuffer receive = new ReceiveBuffer(() -> ReceiveBuffer.SERVER_BYTES);

  @SuppressWarnings("deprecation") // Netty deprecates the type that its own SPI returns.
  private final RecvByteBufAllocator.Handle transport = receive.newHandle();

  private ByteBuf wire;
  private FrameReader reader;
  private HeldFrames held;
  private long lastSeq;

  @Setup
  public void open() {
    receive.unlock();
    wire = Unpooled.directBuffer(WRITES * (Wire.EXTENT_HEAD_BYTES + writeBytes));
    ByteBuf data = Unpooled.wrappedBuffer(Limits.twoToOne(writeBytes));
    int dataCrc32c = Crc32c.of(data);
    FrameEncoder encoder = new FrameEncoder();
    for (int seq = 1; seq <= WRITES; seq++) {
      long offset = (long) seq * writeBytes;
      encoder.encodeExtent(
          FrameType.WRITE, 0, seq, seq, offset, 1, writeBytes, writeBytes, dataCrc32c, wire);
      wire.writeBytes(data, 0, writeBytes);
    }
    held = release.start();
    reader = new FrameReader(receive, new Sink(), Wire.DATA_BYTES_MAX_HIGHEST);
  }

  /** Keeps each extent as long as the parameter says. */
  private final class Sink implements FrameSink {
    @Override
    public void accept(FrameType type) {}

    @Override
    public void control(ControlFrame frame) {
      throw new IllegalStateException("only extents were sent, not " + frame);
    }

    @Override
    public void extentHead(ExtentFrame frame) {
      lastSeq = frame.seq();
    }

    @Override
    public void extent(ExtentFrame frame) {
      held.hold(frame);
    }
  }

  @Benchmark
  @OperationsPerInvocation(WRITES)
  public long read() throws ProtocolException {
    int wireBytes = wire.writerIndex();
    int at = 0;
    while (at < wireBytes) {
      ByteBuf buffer = transport.allocate(Transport.ALLOCATOR);
      int count = Math.min(buffer.writableBytes(), wireBytes - at);
      buffer.writeBytes(wire, at, count);
      buffer.release(); // As the connection does: the receive buffer holds a reference of its own.
      at += count;
      reader.read(Transport.ALLOCATOR);
    }
    return lastSeq;
  }

  @TearDown
  public void close() throws InterruptedException {
    reader.release();
    held.close();
    wire.release();
  }
}
