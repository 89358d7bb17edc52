package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process is killed between a change and the force that makes it durable; the next one finds the
 * change done, and the power fails before anybody else forces it.
 */
class KilledThenCutTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final VolumeSize SIZE = new VolumeSize(8L * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir(factory = MemoryDirectory.class)
  Path directory;

  private final Records records = new Records(256 << 10);
  private final RecordingListener listener = new RecordingListener();

  @FunctionalInterface
  private interface Ending {
    void of(PowerCutDisk disk) throws IOException;
  }

  /** What {@code ending} leaves is done as soon as a file or directory has been operated on. */
  private static void endAfter(
      PowerCutDisk disk, PowerCutDisk.Operation operation, String where, Ending ending) {
    disk.watch(
        (reached, moment, path) -> {
          if (!disk.isOff()
              && reached == operation
              && moment == PowerCutDisk.Moment.AFTER
              && path.toString().contains(where)) {
            disk.powerOff();
            ending.of(disk);
          }
        });
  }

  private PowerCutDisk[] killAfter(
      PowerCutDisk disk, PowerCutDisk.Operation operation, String where) {
    PowerCutDisk[] left = new PowerCutDisk[1];
    endAfter(disk, operation, where, ended -> left[0] = ended.kill(directory.resolve("left")));
    return left;
  }

  /**
   * The disk as it is without anything that was not forced, but with all content that was written.
   */
  private void cut(PowerCutDisk disk) throws IOException {
    disk.cut(
        directory.resolve("cut"),
        PowerCutNames.Survival.NONE,
        PowerCutFile.Survival.NEW,
        new Random(0));
  }

  @Test
  void aDomainsDirectoryThatIsFoundIsDurable() throws Exception {
    PowerCutDisk first = new PowerCutDisk(directory.resolve("first"));
    PowerCutDisk[] left =
        killAfter(first, PowerCutDisk.Operation.CREATE_DIRECTORY, "domains/domain-a");
    try (LogVolume volume = TestVolumes.open(first.root(), SIZE, first)) {
      assertThrows(PowerLossException.class, () -> volume.openDomain("domain-a", listener));
    }
    try (LogVolume volume = TestVolumes.open(left[0].root(), SIZE, left[0])) {
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      listener.awaitForced(2);
      cut(left[0]);
    }
    try (LogVolume volume = TestVolumes.open(directory.resolve("cut"), SIZE)) {
      assertEquals(2, volume.openDomain("domain-a", new RecordingListener()).lastLsn());
    }
  }

  @Test
  void aFileThatIsFoundInThePoolDoesNotComeBack() throws Exception {
    PowerCutDisk first = new PowerCutDisk(directory.resolve("first"));
    long lastLsn;
    PowerCutDisk[] left;
    try (LogVolume volume = TestVolumes.open(first.root(), SIZE, first)) {
      // Two runs of one file each, so that nothing is left in the directory of the first.
      DomainLog log = volume.openDomain("domain-a", listener);
      Records.begin(log);
      log.close();
      RecordingListener again = new RecordingListener();
      DomainLog reopened = volume.openDomain("domain-a", again);
      again.awaitForced(records.append(reopened));
      lastLsn = reopened.lastLsn();
      left = killAfter(first, PowerCutDisk.Operation.MOVE, "pool/");
      assertThrows(LogStoppedException.class, () -> reopened.release(lastLsn));
    }
    endAfter(left[0], PowerCutDisk.Operation.WRITE, "domains/domain-b", this::cut);
    try (LogVolume volume = TestVolumes.open(left[0].root(), SIZE, left[0])) {
      assertThrows(PowerLossException.class, () -> volume.openDomain("domain-b", listener));
    }
    try (LogVolume volume = TestVolumes.open(directory.resolve("cut"), SIZE)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      assertEquals(lastLsn, log.lastLsn());
      assertTrue(log.firstLsn() <= lastLsn);
    }
  }
}
