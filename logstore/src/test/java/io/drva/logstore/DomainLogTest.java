package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DomainLogTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final VolumeSize SIZE = new VolumeSize(16L * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  @Test
  void handsOutEveryRecordOnceForcedAndAfterReopening() throws Exception {
    Records records = new Records(64 << 10);
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      for (int i = 0; i < 500; i++) {
        records.append(log);
      }
      listener.awaitForced(log.lastLsn());
      readAll(log, records, 502);
    }
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      assertEquals(502, log.lastLsn());
      assertEquals(502, log.forcedLsn());
      readAll(log, records, 502);
      assertEquals(
          List.of(new HostState(1, "host-1", "00".repeat(16), 500, 1, false)), log.hosts());
      assertEquals(List.of(new DiskState(1, "vm", "disk-0", 1L << 40, 512)), log.disks());
    }
  }

  private static void readAll(DomainLog log, Records records, long lastLsn) throws Exception {
    try (LogReader reader = log.reader(1)) {
      assertTrue(reader.next());
      assertEquals(RecordType.HOST_ATTACHED, reader.type());
      assertEquals("host-1", reader.hostName());
      assertArrayEquals(new byte[16], reader.incarnation());
      assertFalse(reader.data().hasRemaining());
      assertTrue(reader.next());
      assertEquals(RecordType.DISK_OPENED, reader.type());
      assertEquals("vm", reader.vmName());
      assertEquals("disk-0", reader.diskName());
      assertEquals(1L << 40, reader.offsetBytes());
      assertEquals(512, reader.lengthBytes());
      for (long lsn = 3; lsn <= lastLsn; lsn++) {
        assertTrue(reader.next());
        assertEquals(lsn, reader.lsn());
        records.check(reader);
      }
      assertFalse(reader.next());
    }
  }

  @Test
  void refusesWhatMayNotComeNextAndChangesNothing() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      ByteBuffer sector = ByteBuffer.allocate(512);
      assertThrows(
          IllegalArgumentException.class, () -> log.append(1, 0, 1, 1, 1, 0, 512, 0, 0, sector));
      Records.begin(log);
      assertThrows(
          IllegalArgumentException.class, () -> log.append(1, 0, 1, 2, 1, 0, 512, 0, 0, sector));
      assertThrows(
          IllegalArgumentException.class, () -> log.append(1, 0, 1, 1, 2, 0, 512, 0, 0, sector));
      assertThrows(
          IllegalArgumentException.class, () -> log.append(1, 0, 1, 1, 1, 0, 1024, 0, 0, sector));
      assertThrows(
          IllegalArgumentException.class, () -> log.append(2, 0, 1, 1, 1, 0, 512, 0, 0, sector));
      ByteBuffer none = ByteBuffer.allocate(0);
      assertThrows(
          IllegalArgumentException.class, () -> log.append(2, 0, 1, 1, 1, 0, 512, 0, 7, none));
      assertThrows(
          IllegalArgumentException.class,
          () -> log.append(2, 0x10000, 1, 1, 1, 0, 512, 0, 0, none));
      assertEquals(2, log.lastLsn());
      assertEquals(3, log.append(1, 0, 1, 1, 1, 0, 512, 0, Records.crc(sector), sector));
    }
  }

  @Test
  void takesTheDataOfAnyBufferFromPositionToLimit() throws Exception {
    RecordingListener listener = new RecordingListener();
    byte[] content = new byte[4096];
    new Random(1).nextBytes(content);
    ByteBuffer[] buffers = {
      ByteBuffer.wrap(content).slice(512, 2048).position(512).limit(1024),
      ByteBuffer.allocateDirect(4096).put(content).slice(512, 2048).position(512).limit(1024),
      ByteBuffer.allocateDirect(4096)
          .put(content)
          .slice(512, 2048)
          .asReadOnlyBuffer()
          .position(512)
          .limit(1024),
      ByteBuffer.wrap(content).slice(512, 2048).asReadOnlyBuffer().position(512).limit(1024),
    };
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      ByteBuffer expected = ByteBuffer.wrap(content, 1024, 512);
      for (int i = 0; i < buffers.length; i++) {
        log.append(1, 0, 1, i + 1, 1, 0, 512, 0, Records.crc(expected), buffers[i]);
        assertEquals(512, buffers[i].position());
        assertEquals(1024, buffers[i].limit());
      }
      log.flush();
      listener.awaitForced(log.lastLsn());
      try (LogReader reader = log.reader(3)) {
        for (int i = 0; i < buffers.length; i++) {
          assertTrue(reader.next());
          assertEquals(expected, reader.data());
        }
      }
    }
  }
}
