package io.drva.protocol;

import io.drva.benchmarks.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
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
 * WRITE frames on their way out. One operation is one WRITE.
 *
 * <p>In the package of the classes that it measures because they are package-private.
 */
@State(Scope.Thread)
@Fork(jvmArgsAppend = {EventLoopThreads.CUSTOM, EventLoopThreads.CLASS})
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class FrameWriteBenchmark {
  private static final int WRITES = 64;
  private static final long RETAINED_BYTES_MAX = 64L << 20;
  private static final long CAPACITY_BYTES = 1L << 30;

  @Param({"4096", "65536"})
  public int writeBytes;

  private final FrameEncoder encoder = new FrameEncoder();
  private ByteBuf data;
  private int dataCrc32c;
  private ByteBuf out;
  private EmbeddedChannel channel;
  private FrameBatch batch;
  private Outbox outbox;
  private DiskStream stream;
  private long seq;

  @Setup
  public void open() throws Exception {
    data = Transport.ALLOCATOR.directBuffer(writeBytes).writeBytes(Limits.twoToOne(writeBytes));
    dataCrc32c = Crc32c.of(data);
    out = Transport.ALLOCATOR.directBuffer(Wire.EXTENT_HEAD_BYTES + writeBytes);
    channel = new EmbeddedChannel(new Discard());
    channel.config().setAllocator(Transport.ALLOCATOR);
    batch = new FrameBatch(channel);
    outbox = new Outbox(RETAINED_BYTES_MAX, Wire.DATA_BYTES_MAX_HIGHEST);
    outbox.resume(
        new ControlFrame.Welcome(
            Wire.VERSION, Wire.DATA_BYTES_MAX_HIGHEST, Integer.MAX_VALUE, 1, 10_000, 0, 0, 0));
    stream =
        outbox.open(
            number ->
                new DiskStream(
                    outbox,
                    () -> {},
                    () -> 1,
                    new ControlFrame.Open(number, 512, CAPACITY_BYTES, "vm", "disk")));
  }

  /** The end of the channel: gives back what the socket would have sent. */
  private static final class Discard extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
    }
  }

  /** The encoder alone: head, fields, head checksum, and a copy of the data behind them. */
  @Benchmark
  public ByteBuf encode() {
    out.clear();
    seq++;
    encoder.encodeExtent(
        FrameType.WRITE, 0, seq, seq, 0, 1, writeBytes, writeBytes, dataCrc32c, out);
    return out.writeBytes(data, 0, writeBytes);
  }

  /**
   * All that the client does with a write between the caller and the socket: data checksum, queue,
   * frames in batches, and what is kept until the acknowledgement.
   */
  @Benchmark
  @OperationsPerInvocation(WRITES)
  public long client() throws Exception {
    for (int i = 0; i < WRITES; i++) {
      if (stream.tryWrite((long) i * writeBytes, data.retain()) == 0) {
        throw new IllegalStateException("the outbox is full");
      }
    }
    boolean more = true;
    while (more) {
      more = outbox.fill(batch);
      batch.write();
    }
    seq += WRITES;
    outbox.acknowledge(new ControlFrame.Ack(seq, seq)); // One small object per 64 writes.
    return seq;
  }

  @TearDown
  public void close() {
    outbox.fail(new SessionFailedException(null, "the benchmark is over"));
    batch.release();
    var _ = channel.close();
    out.release();
    data.release();
  }
}
