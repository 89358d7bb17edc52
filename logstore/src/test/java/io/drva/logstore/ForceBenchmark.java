package io.drva.logstore;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Measures durable appends, in one run for every size: the log, and beside it a plain loop that
 * writes and forces a recycled file through a channel. Run by hand, with the flags of
 * deploy/jvm.options: {@code ForceBenchmark DIRECTORY [seconds per measurement]}.
 */
final class ForceBenchmark {

  private static final int CYCLE_BYTES = 64 << 20;
  private static final long VOLUME_BYTES = 12L * CYCLE_BYTES;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final long BACKOFF_NANOS = 20_000;

  /** The log's writer stays at most this far ahead of the forces, as a bounded queue would. */
  private static final int GROUP_BYTES = 256 << 10;

  private static final long UNFORCED_BYTES_MAX = 16 << 20;

  private ForceBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    long nanos = NANOS_PER_SECOND * (arguments.length > 1 ? Long.parseLong(arguments[1]) : 5);
    for (int recordBytes : new int[] {64 << 10, 4 << 10, 64 << 10, 4 << 10}) {
      log(directory.resolve("volume"), recordBytes, nanos);
      plain(directory, recordBytes, 256 << 10, nanos);
      plain(directory, recordBytes, 1 << 20, nanos);
      plain(directory, recordBytes, 8 << 20, nanos);
    }
  }

  private static void log(Path directory, int recordBytes, long nanos) throws Exception {
    ByteBuffer data = ByteBuffer.allocateDirect(recordBytes);
    int crc = Records.crc(data);
    long[] forceNanos = new long[1];
    ForceListener listener =
        new ForceListener() {
          @Override
          public void forced(long lsn, long lasted) {
            forceNanos[0] += lasted;
          }

          @Override
          public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
          }
        };
    try (LogVolume volume =
        TestVolumes.open(directory, new VolumeSize(VOLUME_BYTES, CYCLE_BYTES))) {
      DomainLog log = volume.openDomain("bench", listener);
      Records.begin(log);
      long seq = 0;
      // Once through the whole volume, so that every file is a recycled one.
      long warmUpRecords = VOLUME_BYTES * 2 / recordBytes;
      long groupRecords = Math.max(1, GROUP_BYTES / recordBytes);
      long unforcedMax = UNFORCED_BYTES_MAX / recordBytes;
      long start = 0;
      long startSeq = 0;
      long startForces = 0;
      long startAllocated = 0;
      while (start == 0 || System.nanoTime() - start < nanos) {
        if (start == 0 && seq >= warmUpRecords) {
          start = System.nanoTime();
          startSeq = seq;
          startForces = log.forces();
          forceNanos[0] = 0;
          startAllocated = allocatedBytes();
        }
        seq++;
        long lsn = log.append(1, 0, 1, seq, 1, 0, recordBytes, 0, crc, data);
        if (lsn % 256 == 0) {
          log.release(log.forcedLsn());
        }
        if (lsn % groupRecords == 0) {
          log.flush();
        }
        while (lsn - log.forcedLsn() > unforcedMax) {

          LockSupport.parkNanos(BACKOFF_NANOS);
        }
      }
      log.flush();
      while (log.forcedLsn() < log.lastLsn()) {
        Thread.onSpinWait();
      }
      double seconds = (double) (System.nanoTime() - start) / NANOS_PER_SECOND;
      long records = seq - startSeq;
      long forces = log.forces() - startForces;
      report(
          "log",
          recordBytes,
          records,
          seconds,
          forces,
          String.format(
              Locale.ROOT,
              "%.2f of the time in force, %.1f bytes allocated per append",
              forceNanos[0] / 1e9 / seconds,
              (double) (allocatedBytes() - startAllocated) / records));
    }
    delete(directory);
  }

  private static long allocatedBytes() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private static void plain(Path directory, int recordBytes, int batchBytes, long nanos)
      throws IOException {
    Path file = directory.resolve("plain");
    ByteBuffer data = ByteBuffer.allocateDirect(recordBytes);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
      long position = 0;
      for (; position < CYCLE_BYTES; position += recordBytes) {
        channel.write(data.clear(), position);
      }
      channel.force(false);
      long start = System.nanoTime();
      long records = 0;
      long forces = 0;
      long unforced = 0;
      position = 0;
      while (System.nanoTime() - start < nanos) {
        channel.write(data.clear(), position);
        records++;
        unforced += recordBytes;
        position = (position + recordBytes) % CYCLE_BYTES;
        if (unforced >= batchBytes) {
          channel.force(false);
          forces++;
          unforced = 0;
        }
      }
      double seconds = (double) (System.nanoTime() - start) / NANOS_PER_SECOND;
      report(
          "plain, batches of " + (batchBytes >> 10) + " KiB",
          recordBytes,
          records,
          seconds,
          forces,
          "");
    }
    Files.delete(file);
  }

  private static void report(
      String what, int recordBytes, long records, double seconds, long forces, String more) {
    System.out.printf(
        Locale.ROOT,
        "%-26s %6d-byte records: %6.0f MB/s, %7.0f records/s, %4.0f KiB per force, %5.0f forces/s  %s%n",
        what,
        recordBytes,
        records * (double) recordBytes / seconds / 1e6,
        records / seconds,
        records * (double) recordBytes / 1024 / forces,
        forces / seconds,
        more);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
