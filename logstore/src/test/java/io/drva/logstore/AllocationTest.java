package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Appends and reads allocate nothing per record; what a roll allocates is spread over its file. */
class AllocationTest {

  private static final int RECORDS_PER_ROUND = 5_000;
  private static final int WARM_UP_ROUNDS = 10;
  private static final int MEASURED_ROUNDS = 4;

  /** 16 bytes, the smallest object, for every record would be an allocation per record. */
  private static final long BYTES_PER_RECORD_MAX = 2;

  @TempDir Path directory;

  @Test
  void nothingPerRecord() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    RecordingListener listener = new RecordingListener();
    ByteBuffer data = ByteBuffer.allocateDirect(4096);
    int crc = Records.crc(data);
    try (LogVolume volume = TestVolumes.open(directory, VolumeSize.of(256 << 20))) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      long appending = 0;
      long reading = 0;
      long seq = 0;
      try (LogReader reader = log.reader(1)) {
        for (int round = 0; round < WARM_UP_ROUNDS + MEASURED_ROUNDS; round++) {
          boolean measured = round >= WARM_UP_ROUNDS;
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int i = 0; i < RECORDS_PER_ROUND; i++) {
            seq++;
            log.append(RecordType.WRITE, 0, 1, seq, 1, 0, 4096, seq, crc, data);
          }
          log.flush();
          appending += measured ? threads.getCurrentThreadAllocatedBytes() - before : 0;
          listener.awaitForced(log.lastLsn());
          before = threads.getCurrentThreadAllocatedBytes();
          while (reader.next()) {
            reader.data();
          }
          reading += measured ? threads.getCurrentThreadAllocatedBytes() - before : 0;
          log.release(log.forcedLsn());
        }
      }
      long records = (long) RECORDS_PER_ROUND * MEASURED_ROUNDS;
      long appended = appending;
      long read = reading;
      assertTrue(
          appended / records < BYTES_PER_RECORD_MAX,
          () -> appended + " bytes for " + records + " appends");
      assertTrue(
          read / records < BYTES_PER_RECORD_MAX, () -> read + " bytes for " + records + " reads");
      System.out.println("allocated: " + appended + " appending, " + read + " reading");
    }
  }
}
