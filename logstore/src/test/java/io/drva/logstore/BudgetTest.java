package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import net.openhft.chronicle.core.io.BackgroundResourceReleaser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The budget is never exceeded, and files are used again instead of piling up. */
class BudgetTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final int CYCLES = 8;
  private static final VolumeSize SIZE = new VolumeSize((long) CYCLES * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  private final Records records = new Records(256 << 10);

  @Test
  void fullLogChangesNothingAndGoesOnAfterRelease() throws Exception {
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      for (int round = 0; round < 3; round++) {
        while (log.hasSpace(256 << 10)) {
          records.append(log);
        }
        long lastLsn = log.lastLsn();
        var hosts = log.hosts();
        assertThrows(
            LogFullException.class,
            () -> {
              // Smaller records may still fit; a full log refuses at the latest when none does.
              while (true) {
                records.append(log);
              }
            });
        assertFalse(log.hasSpace(256 << 10));
        assertTrue(log.lastLsn() >= lastLsn);
        assertEquals(
            hosts.getFirst().lastSeq() + log.lastLsn() - lastLsn, log.hosts().getFirst().lastSeq());
        assertEquals(SIZE.sizeBytes(), volume.usedBytes());
        listener.awaitForced(log.lastLsn());
        assertWithinBudget();
        long released = log.lastLsn() - 5;
        checkAll(log, log.firstLsn());
        log.release(released);
        assertTrue(volume.usedBytes() <= 2 * CYCLE_BYTES);
        assertTrue(log.firstLsn() <= released + 1);
        assertTrue(log.hasSpace(256 << 10));
        assertWithinBudget();
      }
    }
  }

  private void checkAll(DomainLog log, long fromLsn) throws IOException {
    try (LogReader reader = log.reader(fromLsn)) {
      for (long lsn = fromLsn; lsn <= log.forcedLsn(); lsn++) {
        assertTrue(reader.next());
        assertEquals(lsn, reader.lsn());
        if (RecordType.isExtent(reader.type())) {
          records.check(reader);
        }
      }
    }
  }

  @Test
  void aDomainThatFillsTheVolumeLeavesTheOthersTheirShare() throws Exception {
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog idle = volume.openDomain("domain-a", listener);
      RecordingListener greedyListener = new RecordingListener();
      DomainLog greedy = volume.openDomain("domain-b", greedyListener);
      Records.begin(greedy);
      while (greedy.hasSpace(256 << 10)) {
        records.append(greedy);
        if (!greedy.hasSpace(256 << 10)) {
          // The file that a new log begins with goes when what follows it is forced.
          greedyListener.awaitForced(greedy.lastLsn());
        }
      }
      assertEquals(
          (CYCLES - LogLimits.CYCLES_PER_DOMAIN_MIN) * (long) CYCLE_BYTES, greedy.bytesUsed());
      VolumeException full =
          assertThrows(
              VolumeException.class, () -> volume.openDomain("domain-c", new RecordingListener()));
      assertTrue(full.getMessage().contains("no room for another domain"), full.getMessage());
      // As if nothing was: files come and go, far more than the share, as long as they are
      // released.
      Records.begin(idle);
      long appended = 0;
      while (appended < 4L * CYCLE_BYTES) {
        assertTrue(idle.hasSpace(256 << 10));
        appended += records.lengthOf(records.append(idle));
        listener.awaitForced(idle.lastLsn());
        idle.release(idle.forcedLsn());
      }
      assertFalse(greedy.hasSpace(256 << 10));
      assertTrue(volume.usedBytes() <= SIZE.sizeBytes());
      assertWithinBudget();
    }
    // And after a restart.
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog greedy = volume.openDomain("domain-b", new RecordingListener());
      DomainLog idle = volume.openDomain("domain-a", new RecordingListener());
      assertFalse(greedy.hasSpace(256 << 10));
      assertTrue(idle.hasSpace(256 << 10));
    }
  }

  @Test
  void spaceThatOneDomainWasPromisedIsNotTakenByAnother() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog first = volume.openDomain("domain-a", new RecordingListener());
      assertTrue(first.hasSpace(LogLimits.DATA_BYTES_MAX));
      DomainLog second = volume.openDomain("domain-b", new RecordingListener());
      Records.begin(second);
      assertThrows(
          LogFullException.class,
          () -> {
            while (true) {
              records.append(second);
            }
          });
      assertEquals((CYCLES - 2L) * CYCLE_BYTES, second.bytesUsed());
      Records.begin(first);
      assertEquals(2L * CYCLE_BYTES, first.bytesUsed());
      assertWithinBudget();
    }
  }

  @Test
  void restartsOfAFullVolumeStillOpenAndDrain() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      while (log.hasSpace(256 << 10)) {
        records.append(log);
      }
    }
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      assertFalse(log.hasSpace(512));
      assertEquals(1, log.firstLsn());
      checkAll(log, 1);
      log.release(log.lastLsn());
      assertTrue(log.hasSpace(512));
      records.append(log);
    }
    assertWithinBudget();
  }

  @Test
  void manyRollsHoldNeitherFilesNorMappings() throws Exception {
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      try (LogReader reader = log.reader(1)) {
        for (int round = 0; round < 40; round++) {
          long used = 0;
          while (used < CYCLE_BYTES) {
            used += records.lengthOf(records.append(log));
          }
          listener.awaitForced(log.lastLsn());
          while (reader.next()) {
            if (reader.lsn() >= Records.FIRST_EXTENT_LSN) {
              records.check(reader);
            }
          }
          log.release(reader.nextLsn() - 1);
          assertTrue(log.bytesUsed() <= 3L * CYCLE_BYTES);
        }
        assertEquals(0, openFilesThat(name -> name.contains("(deleted)")));
        assertTrue(openFilesThat(name -> name.endsWith(".cq4")) <= 4);
        assertEquals(0, openFilesThat(name -> name.endsWith(".free")));
        assertTrue(mappingsOf(".cq4") <= 1);
        assertEquals(0, mappingsOf(".free"));
        assertWithinBudget();
      }
    }
  }

  @Test
  void aClosedLogHasNothingMapped() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      AtomicReference<Thread> unmapping = new AtomicReference<>();
      BackgroundResourceReleaser.run(() -> unmapping.set(Thread.currentThread()));
      assertSame(Thread.currentThread(), unmapping.get());
      log.close();
      volume.removeDomain("domain-a");
      assertEquals(0, mappingsOf(""), "with any ending");
    }
  }

  private long openFilesThat(Predicate<String> matches) throws IOException {
    long count = 0;
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : files.toList()) {
        if (Files.isSymbolicLink(file) && ours(file) && matches.test(target(file))) {
          count++;
        }
      }
    }
    return count;
  }

  private boolean ours(Path link) {
    return target(link).startsWith(directory.toString());
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException goneSinceListed) {
      return "";
    }
  }

  private long mappingsOf(String suffix) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.contains(directory.toString()) && line.endsWith(suffix))
          .count();
    }
  }

  private void assertWithinBudget() throws IOException, InterruptedException {
    long bytes = VolumeFiles.allocatedBytes(directory);
    assertTrue(bytes <= SIZE.sizeBytes(), () -> bytes + " bytes of " + SIZE.sizeBytes());
  }
}
