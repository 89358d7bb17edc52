package io.drva.blobsink;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What the shipper's thread does with a record: checksum, chunk, compression, and its share of
 * sealing a segment of the default size. One operation is one write of 2:1 data.
 *
 * <p>In the package of the classes that it measures because they are package-private.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SegmentBuildBenchmark {
  @Param({"4096", "65536"})
  public int writeBytes;

  private SampleSegment sample;

  @Setup
  public void open() throws TooManyDomainsException {
    ShipperConfig defaults = ShipperConfig.defaults(() -> 0, () -> 0, new SplittableRandom(1));
    sample = new SampleSegment(writeBytes, defaults.segmentBytes(), defaults.segmentRecordsMax());
  }

  @Benchmark
  public long add() throws CorruptRecordException, InterruptedException {
    long sealedBytes = 0;
    if (sample.isFull()) {
      try (SealedSegment segment = sample.seal()) {
        sealedBytes = segment.content().lengthBytes();
      }
    }
    sample.add();
    return sealedBytes;
  }

  @TearDown
  public void close() {
    sample.close();
  }
}
