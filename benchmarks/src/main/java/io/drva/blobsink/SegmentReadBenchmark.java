package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Reading a segment of 16 MiB of 2:1 data that is in memory. One operation is 1 MiB of raw data.
 *
 * <p>In the package of the classes that it measures because they are package-private.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SegmentReadBenchmark {
  private static final int RAW_MIB = 16;

  @Param({"4096", "65536"})
  public int writeBytes;

  private final IndexScratch scratch = new IndexScratch();
  private final ByteBuffer raw = ByteBuffer.allocateDirect(Format.CHUNK_RAW_BYTES_MAX);
  private OneObject container;
  private ObjectInfo info;
  private long number;

  @Setup
  public void open() throws IOException, InterruptedException {
    int records = (RAW_MIB << 20) / writeBytes;
    SampleSegment sample = new SampleSegment(writeBytes, RAW_MIB << 20, records);
    for (int i = 0; i < records; i++) {
      sample.add();
    }
    try (SealedSegment segment = sample.seal()) {
      container = new OneObject(segment);
      info = container.info();
      number = segment.header().number();
    }
  }

  /** As recovery does: head and index, then every chunk checked and decoded in direct memory. */
  @Benchmark
  @OperationsPerInvocation(RAW_MIB)
  public ByteBuffer decode() throws IOException {
    ObjectHead head = ObjectHead.read(container, number, info.sizeBytes());
    SegmentIndex index = head.index(scratch.of(head.header().indexRawBytes()));
    for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
      ChunkRef ref = ChunkRef.of(index, chunk);
      ref.decode(container.location(), info.name(), container.object(), (int) ref.offset(), raw);
    }
    return raw;
  }

  /** As the verifier does: the whole object, every byte and the checksum of every record. */
  @Benchmark
  @OperationsPerInvocation(RAW_MIB)
  public CheckedObject check() throws IOException {
    return CheckedObject.read(container, info);
  }
}
