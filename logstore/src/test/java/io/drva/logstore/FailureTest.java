package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariant 1: an I/O error stops the log for good, and nothing is tried again. */
class FailureTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final VolumeSize SIZE = new VolumeSize(16L * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  private final Records records = new Records(16 << 10);
  private final RecordingListener listener = new RecordingListener();
  private final FaultyDisk disk = new FaultyDisk();

  @Test
  void failedForceStopsTheLogForGood() throws Exception {
    long forcedBefore;
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      records.append(log);
      listener.awaitForced(3);
      forcedBefore = log.forcedLsn();
      disk.failForce = true;
      records.append(log);
      assertTrue(listener.awaitFailure().getMessage().contains("injected"));
      int forces = disk.forces;
      disk.failForce = false;
      assertThrows(LogStoppedException.class, () -> records.append(log));
      assertThrows(LogStoppedException.class, () -> log.hasSpace(512));
      assertEquals(forces, disk.forces);
      assertEquals(forcedBefore, log.forcedLsn());
      assertEquals(1, listener.failures());
      try (LogReader reader = log.reader(1)) {
        for (long lsn = 1; lsn <= forcedBefore; lsn++) {
          assertTrue(reader.next());
        }
        assertFalse(reader.next());
        assertThrows(LogStoppedException.class, () -> reader.await(Long.MAX_VALUE));
      }
    }
  }

  @Test
  void failedForceOfOneLogStopsTheVolume() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      RecordingListener otherListener = new RecordingListener();
      DomainLog other = volume.openDomain("domain-b", otherListener);
      Records.begin(other);
      otherListener.awaitForced(2);
      DomainLog log = volume.openDomain("domain-a", listener);
      disk.failForce = true;
      log.attachHost(1, "host-1", new byte[LogLimits.INCARNATION_BYTES], 1);
      log.flush();
      listener.awaitFailure();
      otherListener.awaitFailure();
      assertThrows(LogStoppedException.class, () -> records.append(other));
      assertThrows(
          LogStoppedException.class, () -> volume.openDomain("domain-c", new RecordingListener()));
    }
  }

  @Test
  void aDefectInWhatServesOneDomainStopsItsLogOnly() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      RecordingListener otherListener = new RecordingListener();
      DomainLog other = volume.openDomain("domain-b", otherListener);
      Records.begin(other);
      DomainLog log = volume.openDomain("domain-a", listener);
      log.stop(new IllegalStateException("a defect"));
      assertEquals("a defect", listener.awaitFailure().getMessage());
      assertThrows(LogStoppedException.class, () -> Records.begin(log));
      otherListener.awaitForced(records.append(other));
      // Nor does it keep the domain from being opened again.
      assertThrows(
          IllegalStateException.class,
          () -> volume.openDomain("domain-a", new RecordingListener()));
      log.close();
      RecordingListener again = new RecordingListener();
      DomainLog reopened = volume.openDomain("domain-a", again);
      Records.begin(reopened);
      again.awaitForced(2);
    }
  }

  @Test
  void aFailedForceOfRecoveryOrOfTheEndIsFinalToo() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      listener.awaitForced(2);
      RecordingListener otherListener = new RecordingListener();
      volume.openDomain("domain-b", otherListener);
      disk.failForce = true;
      IOException end = assertThrows(IOException.class, log::close);
      assertTrue(end.getMessage().contains("injected"), end.getMessage());
      otherListener.awaitFailure();
    }
    FaultyDisk second = new FaultyDisk();
    try (LogVolume volume = TestVolumes.open(directory, SIZE, second)) {
      second.failForce = true;
      assertThrows(IOException.class, () -> volume.openDomain("domain-a", new RecordingListener()));
      second.failForce = false;
      LogStoppedException stopped =
          assertThrows(
              LogStoppedException.class,
              () -> volume.openDomain("domain-a", new RecordingListener()));
      assertTrue(stopped.getMessage().contains("stopped"), stopped.getMessage());
    }
  }

  @Test
  void anInterruptedReaderHarmsNoLog() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      // A second file, so that the reader leaves a first one that may be recycled.
      while (log.bytesUsed() < 2L * CYCLE_BYTES) {
        records.append(log);
      }
      listener.awaitForced(log.lastLsn());
      log.release(log.forcedLsn());
      Thread reading =
          new Thread(
              () -> {
                try (LogReader reader = log.reader(log.firstLsn())) {
                  Thread.currentThread().interrupt();
                  while (reader.next()) {
                    // To the end, or to what an interrupt makes of the channel.
                  }
                } catch (IOException expected) {
                  assertNotNull(expected);
                }
              });
      reading.start();
      reading.join();
      listener.awaitForced(records.append(log));
      log.release(log.forcedLsn());
      assertEquals(0, listener.failures());
    }
  }

  @Test
  void whatIsNotFlushedIsNeitherForcedNorRead() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      listener.awaitForced(2);
      int forces = disk.forces;
      for (int i = 0; i < 10; i++) {
        records.appendToGroup(log);
      }
      assertEquals(12, log.lastLsn());
      assertEquals(2, log.forcedLsn());
      assertEquals(forces, disk.forces);
      try (LogReader reader = log.reader(3)) {
        assertFalse(reader.next());
        log.flush();
        listener.awaitForced(12);
        for (long lsn = 3; lsn <= 12; lsn++) {
          assertTrue(reader.next());
          records.check(reader);
        }
      }
      assertEquals(forces + 1, disk.forces, "one force for the group");
    }
  }

  @Test
  void failedDirectoryForceIsAFailedForce() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      listener.awaitForced(2);
      disk.gated = true;
      long rolledFrom = log.bytesUsed();
      while (log.bytesUsed() == rolledFrom) {
        records.append(log);
      }
      long forced = log.forcedLsn();
      disk.failDirectory = true;
      disk.pass(Integer.MAX_VALUE);
      listener.awaitFailure();
      assertTrue(log.forcedLsn() < log.lastLsn());
      assertTrue(log.forcedLsn() >= forced);
      assertEquals(log.forcedLsn(), listener.forcedLsn());
    }
  }

  @Test
  void fullDiskStopsTheLogBeforeTheMappedWriteCanFault() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      listener.awaitForced(2);
      disk.failWrite = true;
      LogStoppedException stopped =
          assertThrows(
              LogStoppedException.class,
              () -> {
                while (log.bytesUsed() < SIZE.sizeBytes()) {
                  records.append(log);
                }
              });
      assertTrue(stopped.getMessage().contains("No space left"));
      listener.awaitFailure();
    }
    long lastLsn;
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      lastLsn = log.lastLsn();
      assertTrue(lastLsn >= listener.forcedLsn());
      records.append(log);
      assertEquals(lastLsn + 1, log.lastLsn());
    }
  }

  @Test
  void appendsGoOnWhileAForceRunsAndReadersNeverSeeThem() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      disk.gated = true;
      Records.begin(log);
      for (int i = 0; i < 100; i++) {
        records.append(log);
      }
      assertEquals(0, log.forcedLsn());
      try (LogReader reader = log.reader(1)) {
        assertFalse(reader.next());
        assertFalse(reader.await(1));
        disk.gated = false;
        disk.pass(1);
        listener.awaitForced(102);
        assertTrue(reader.await(Long.MAX_VALUE));
        for (long lsn = 1; lsn <= 102; lsn++) {
          assertTrue(reader.next());
        }
      }
      assertTrue(log.forces() <= 2, "one force for what came before it, one for the rest");
    }
  }

  @Test
  void onlyOneThreadMayAppend() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      Throwable[] thrown = new Throwable[1];
      Thread other = new Thread(() -> thrown[0] = assertThrows(Throwable.class, log::hosts));
      other.start();
      other.join();
      assertEquals(IllegalStateException.class, thrown[0].getClass());
    }
  }

  /** Wherever it fails, and whether that stops the volume or not. */
  @Test
  void aLogThatCannotBeMadeLeavesNothingBehind() throws Exception {
    AtomicInteger operationsLeft = new AtomicInteger(Integer.MAX_VALUE);
    Disk failing = failingOnce(operationsLeft);
    LogVolume volume = TestVolumes.open(directory, SIZE, failing);
    boolean made = false;
    for (int operations = 0; !made; operations++) {
      volume.reserve("domain-a");
      long usedBytes = volume.usedBytes();
      operationsLeft.set(operations);
      try {
        volume.openDomain("domain-a", new RecordingListener()).close();
        made = operationsLeft.get() >= 0;
      } catch (IOException e) {
        assertTrue(e.getMessage().contains("injected"), e::getMessage);
      }
      operationsLeft.set(Integer.MAX_VALUE);
      if (volume.failure().isPresent()) {
        volume.close();
        volume = TestVolumes.open(directory, SIZE, failing);
      } else if (!volume.domains().contains("domain-a")) {
        volume.release("domain-a");
        assertEquals(usedBytes, volume.usedBytes());
        volume.reserve("domain-a");
      }
      volume.openDomain("domain-a", new RecordingListener()).close();
      volume.removeDomain("domain-a");
      assertEquals(0, volume.usedBytes());
    }
    volume.close();
    assertTrue(VolumeCheck.check(directory, _ -> {}).isSound());
  }

  /** A disk one of whose operations fails, as when too many files are open. */
  private static Disk failingOnce(AtomicInteger operationsLeft) {
    Disk disk = new SystemDisk();
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (_, method, arguments) -> {
              if (operationsLeft.getAndDecrement() == 0) {
                throw new FileSystemException(method.getName(), null, "injected");
              }
              try {
                return method.invoke(disk, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void aVolumeThatHasStoppedReservesNothing() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE, disk)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      disk.failForce = true;
      log.attachHost(1, "host-1", new byte[LogLimits.INCARNATION_BYTES], 1);
      log.flush();
      listener.awaitFailure();
      assertThrows(LogStoppedException.class, () -> volume.reserve("domain-b"));
    }
  }
}
