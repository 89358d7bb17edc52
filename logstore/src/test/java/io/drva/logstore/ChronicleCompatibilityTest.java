package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files are a Chronicle queue like any other: its own tailer finds every record in them. */
class ChronicleCompatibilityTest {

  private static final int CYCLE_BYTES = 4 << 20;

  @TempDir Path directory;

  @Test
  void chroniclesOwnTailerReadsTheRecords() throws Exception {
    Random random = Seeds.random("chronicle");
    Records records = new Records(64 << 10);
    long lastLsn;
    try (LogVolume volume =
        TestVolumes.open(directory, new VolumeSize(8L * CYCLE_BYTES, CYCLE_BYTES))) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      while (log.bytesUsed() < 3L * CYCLE_BYTES) {
        if (random.nextInt(5) == 0) {
          records.append(log);
        } else {
          records.appendToGroup(log);
        }
      }
      lastLsn = log.lastLsn();
    }
    RecordHeader header = new RecordHeader();
    byte[] bytes = new byte[RecordHeader.BYTES];
    long lsn = 0;
    int snapshots = 0;
    int seals = 0;
    try (ChronicleQueue queue =
            SingleChronicleQueueBuilder.single(
                    VolumeFiles.cycleFiles(directory, "domain-a").getFirst().getParent().toFile())
                .readOnly(true)
                .build();
        ExcerptTailer tailer = queue.createTailer()) {
      while (true) {
        try (DocumentContext document = tailer.readingDocument()) {
          if (!document.isPresent()) {
            break;
          }
          Bytes<?> content = document.wire().bytes();
          while (content.readRemaining() > 0) {
            content.read(bytes);
            assertEquals(null, header.decode(ByteBuffer.wrap(bytes), 0));
            content.readSkip(RecordGroup.encodedBytes(header.dataLengthBytes) - RecordHeader.BYTES);
            switch (header.type) {
              case RecordType.SNAPSHOT -> snapshots++;
              case RecordType.SEAL -> seals++;
              default -> assertEquals(++lsn, header.lsn);
            }
            assertFalse(header.lsn > lsn + 1);
          }
        }
      }
    }
    assertEquals(lastLsn, lsn);
    assertEquals(3, snapshots);
    assertTrue(seals == 1);
  }
}
