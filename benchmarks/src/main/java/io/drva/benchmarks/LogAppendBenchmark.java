package io.drva.benchmarks;

import io.drva.logstore.DomainLog;
import io.drva.logstore.ForceListener;
import io.drva.logstore.LogVolume;
import io.drva.logstore.RecordType;
import io.drva.logstore.VolumeOptions;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
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
 * Appending to a domain's log on recycled files, with the force thread at work; what is forced is
 * released at once. One operation is one WRITE. The volume is in the folder of {@code
 * java.io.tmpdir}: the device under it is measured.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class LogAppendBenchmark {
  private static final long VOLUME_BYTES = 512L << 20;
  private static final byte[] INCARNATION = new byte[16];

  @Param({"4096", "65536"})
  public int recordBytes;

  private Path folder;
  private LogVolume volume;
  private DomainLog log;
  private ByteBuffer data;
  private int crc;
  private long seq;

  @Setup
  public void open() throws IOException {
    folder = Files.createTempDirectory("drva-jmh-");
    LogVolume.create(folder.resolve("volume"), VolumeSize.of(VOLUME_BYTES), _ -> {});
    volume = LogVolume.open(folder.resolve("volume"), VolumeOptions.defaults());
    log =
        volume.openDomain(
            "bench",
            new ForceListener() {
              @Override
              public void forced(long lsn, long forceNanos) {}

              @Override
              public void failed(Throwable cause) {
                throw new IllegalStateException("the log failed", cause);
              }
            });
    log.attachHost(1, "host", INCARNATION, 1);
    log.openDisk(1, 1, "vm", "disk", 1L << 40, 512, 1);
    data = Limits.twoToOne(recordBytes);
    CRC32C sum = new CRC32C();
    sum.update(data.duplicate());
    crc = (int) sum.getValue();
  }

  @Benchmark
  public long append() throws IOException {
    while (!log.hasSpace(recordBytes)) {
      log.release(log.forcedLsn());
      Thread.onSpinWait();
    }
    seq++;
    return log.append(
        RecordType.WRITE, 0, 1, seq, 1, seq % 1024 * recordBytes, recordBytes, seq, crc, data);
  }

  @TearDown
  public void close() throws IOException {
    log.close();
    volume.close();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
