package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Measures durable appends: the log, and in turn with it, on the same disk, a plain loop that
 * writes groups of the same size to a recycled file through a channel and forces each. Run by hand,
 * with the flags of deploy/jvm.options: {@code ForceBenchmark DIRECTORY [seconds per measurement]
 * [rounds]}.
 *
 * <p>The log's writer hands over a group and goes on with the next while the force runs, but is
 * never further ahead than that: nothing is acknowledged later than with the plain loop.
 *
 * <p>Then latencies at a moderate pace: of the log from the append to the moment when it is known
 * to be forced; and of a plain loop that writes and forces one record after the other.
 */
final class ForceBenchmark {

  private static final int CYCLE_BYTES = 64 << 20;
  private static final int CYCLES = 12;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int[] RECORD_BYTES = {64 << 10, 4 << 10};
  private static final int[] GROUP_BYTES = {1 << 20, 8 << 20};

  private static final long PACE_BYTES_PER_SECOND = 125_000_000;

  private final long nanos;

  /** One kind of measurement, and what it gave in each round, MB/s. */
  private record Kind(int recordBytes, int groupBytes, List<Double> log, List<Double> plain) {}

  private ForceBenchmark(long nanos) {
    this.nanos = nanos;
  }

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    long seconds = arguments.length > 1 ? Long.parseLong(arguments[1]) : 5;
    int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 5;
    new ForceBenchmark(seconds * NANOS_PER_SECOND).run(directory, rounds);
  }

  private void run(Path directory, int rounds) throws Exception {
    List<Kind> kinds = new ArrayList<>();
    for (int recordBytes : RECORD_BYTES) {
      for (int groupBytes : GROUP_BYTES) {
        kinds.add(new Kind(recordBytes, groupBytes, new ArrayList<>(), new ArrayList<>()));
      }
    }
    Path volumePath = directory.resolve("volume");
    LogVolume.create(volumePath, new VolumeSize((long) CYCLES * CYCLE_BYTES, CYCLE_BYTES), _ -> {});
    Pace pace = new Pace();
    ForceListener listener =
        new ForceListener() {
          @Override
          public void forced(long lsn, long lasted) {
            pace.forced(lsn, lasted);
          }

          @Override
          public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
          }
        };
    try (LogVolume volume = LogVolume.open(volumePath, VolumeOptions.defaults())) {
      DomainLog log = volume.openDomain("bench", listener);
      Records.begin(log);
      long seq = warmUp(log);
      for (int round = 0; round < rounds; round++) {
        for (Kind kind : kinds) {
          long before = seq;
          double[] rate = new double[1];
          seq = log(log, kind, seq, rate);
          kind.log.add(rate[0]);
          kind.plain.add(plain(directory.resolve("plain"), kind));
          System.out.printf(
              Locale.ROOT,
              "round %d, %4d KiB records, groups of %d MiB: log %5.0f MB/s (%d records), plain %5.0f MB/s, ratio %.2f%n",
              round + 1,
              kind.recordBytes >> 10,
              kind.groupBytes >> 20,
              kind.log.getLast(),
              seq - before,
              kind.plain.getLast(),
              kind.log.getLast() / kind.plain.getLast());
        }
      }
      for (int recordBytes : RECORD_BYTES) {
        for (int round = 0; round < rounds; round++) {
          seq = pace.log(log, recordBytes, seq, nanos);
          pace.plain(directory.resolve("plain"), recordBytes, nanos);
        }
      }
    }
    for (Kind kind : kinds) {
      System.out.printf(
          Locale.ROOT,
          "median of %d, %4d KiB records, groups of %d MiB: log %5.0f MB/s, plain %5.0f MB/s, ratio %.2f%n",
          rounds,
          kind.recordBytes >> 10,
          kind.groupBytes >> 20,
          median(kind.log),
          median(kind.plain),
          median(kind.log) / median(kind.plain));
    }
    delete(volumePath);
    Files.delete(directory.resolve("plain"));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  /** Twice through all files, so that each has been used before. */
  private static long warmUp(DomainLog log) throws IOException {
    int recordBytes = RECORD_BYTES[0];
    ByteBuffer data = ByteBuffer.allocateDirect(recordBytes);
    int crc = Records.crc(data);
    long seq = 0;
    while (seq < 2L * CYCLES * CYCLE_BYTES / recordBytes) {
      seq++;
      log.append(RecordType.WRITE, 0, 1, seq, 1, 0, recordBytes, 0, crc, data);
      if (seq % 64 == 0) {
        log.flush();
        awaitForced(log, log.lastLsn());
        log.release(log.forcedLsn());
      }
    }
    return seq;
  }

  private long log(DomainLog log, Kind kind, long seqBefore, double[] rate) throws IOException {
    ByteBuffer data = ByteBuffer.allocateDirect(kind.recordBytes);
    int crc = Records.crc(data);
    int groupRecords = kind.groupBytes / kind.recordBytes;
    long seq = seqBefore;
    long lastGroup = log.lastLsn();
    long start = System.nanoTime();
    while (System.nanoTime() - start < nanos) {
      for (int i = 0; i < groupRecords; i++) {
        seq++;
        log.append(RecordType.WRITE, 0, 1, seq, 1, 0, kind.recordBytes, 0, crc, data);
      }
      log.flush();
      awaitForced(log, lastGroup);
      lastGroup = log.lastLsn();
      log.release(log.forcedLsn());
    }
    awaitForced(log, lastGroup);
    double seconds = (double) (System.nanoTime() - start) / NANOS_PER_SECOND;
    rate[0] = (seq - seqBefore) * (double) kind.recordBytes / seconds / 1e6;
    return seq;
  }

  private static void awaitForced(DomainLog log, long lsn) {
    while (log.forcedLsn() < lsn) {
      LockSupport.parkNanos(10_000);
    }
  }

  private double plain(Path file, Kind kind) throws IOException {
    ByteBuffer data = ByteBuffer.allocateDirect(kind.recordBytes);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
      if (channel.size() < CYCLE_BYTES) {
        for (long position = 0; position < CYCLE_BYTES; position += kind.recordBytes) {
          channel.write(data.clear(), position);
        }
        channel.force(false);
      }
      long written = 0;
      long start = System.nanoTime();
      while (System.nanoTime() - start < nanos) {
        for (int group = 0; group < kind.groupBytes; group += kind.recordBytes) {
          channel.write(data.clear(), written % CYCLE_BYTES);
          written += kind.recordBytes;
        }
        channel.force(false);
      }
      return written / ((double) (System.nanoTime() - start) / NANOS_PER_SECOND) / 1e6;
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** Records that come one after the other at equal distances. */
  private static final class Pace {
    private long firstLsn = Long.MAX_VALUE;
    private long[] started = {};
    private long[] latency = {};
    private long[] forces = {};
    private int known;
    private int forceCount;

    /** Force thread. */
    void forced(long lsn, long lasted) {
      if (forceCount < forces.length && lsn >= firstLsn) {
        forces[forceCount++] = lasted;
      }
      long now = System.nanoTime();
      while (known < latency.length && firstLsn + known <= lsn) {
        latency[known] = now - started[known];
        known++;
      }
    }

    long log(DomainLog log, int recordBytes, long seqBefore, long nanos) throws IOException {
      awaitForced(log, log.lastLsn());
      int records = records(recordBytes, nanos);
      ByteBuffer data = ByteBuffer.allocateDirect(recordBytes);
      int crc = Records.crc(data);
      started = new long[records];
      forces = new long[records];
      known = 0;
      forceCount = 0;
      latency = new long[records];
      firstLsn = log.lastLsn() + 1;
      long start = System.nanoTime();
      long seq = seqBefore;
      for (int i = 0; i < records; i++) {
        awaitTurn(start, i, recordBytes);
        started[i] = System.nanoTime();
        seq++;
        log.append(RecordType.WRITE, 0, 1, seq, 1, 0, recordBytes, 0, crc, data);
        log.flush();
        if (i % 256 == 0) {
          log.release(log.forcedLsn());
        }
      }
      awaitForced(log, log.lastLsn());
      firstLsn = Long.MAX_VALUE;
      log.release(log.forcedLsn());
      report("log, append to forced", recordBytes, latency, records);
      report("log, one force", recordBytes, forces, forceCount);
      return seq;
    }

    void plain(Path file, int recordBytes, long nanos) throws IOException {
      int records = records(recordBytes, nanos);
      long[] whole = new long[records];
      long[] force = new long[records];
      ByteBuffer data = ByteBuffer.allocateDirect(recordBytes);
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
        long start = System.nanoTime();
        for (int i = 0; i < records; i++) {
          awaitTurn(start, i, recordBytes);
          long before = System.nanoTime();
          channel.write(data.clear(), (long) i * recordBytes % CYCLE_BYTES);
          long written = System.nanoTime();
          channel.force(false);
          force[i] = System.nanoTime() - written;
          whole[i] = System.nanoTime() - before;
        }
      }
      report("plain, write and force", recordBytes, whole, records);
      report("plain, the force", recordBytes, force, records);
    }

    private static int records(int recordBytes, long nanos) {
      return Math.toIntExact(PACE_BYTES_PER_SECOND * nanos / NANOS_PER_SECOND / recordBytes);
    }

    private static void awaitTurn(long start, int record, int recordBytes) {
      long due = start + record * (NANOS_PER_SECOND * recordBytes / PACE_BYTES_PER_SECOND);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    private static void report(String what, int recordBytes, long[] values, int count) {
      long[] sorted = Arrays.copyOf(values, count);
      Arrays.sort(sorted);
      System.out.printf(
          Locale.ROOT,
          "%2d KiB records at %d MB/s: %-22s p50 %.3f ms, p99 %.3f ms, p99.9 %.3f ms of %d%n",
          recordBytes >> 10,
          PACE_BYTES_PER_SECOND / 1_000_000,
          what,
          sorted[count / 2] / 1e6,
          sorted[(int) (count * 0.99)] / 1e6,
          sorted[(int) (count * 0.999)] / 1e6,
          count);
    }
  }
}
