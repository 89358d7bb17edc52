package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Opening a volume: what is refused, and with which words. */
class LogVolumeTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final int CYCLES = 8;
  private static final VolumeSize SIZE = new VolumeSize((long) CYCLES * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  private void refuses(String words) {
    refuses(() -> LogVolume.open(directory, VolumeOptions.defaults()).close(), words);
  }

  private void refusesToCreate(String words) {
    refuses(() -> LogVolume.create(directory, SIZE, _ -> {}), words);
  }

  private void refuses(Executable action, String words) {
    VolumeException refused = assertThrows(VolumeException.class, action);
    String message = refused.getMessage();
    assertTrue(message.contains(words), message);
    assertTrue(message.startsWith(directory.toString()), message);
    assertFalse(message.contains("\n"), message);
  }

  private void make() throws IOException {
    LogVolume.create(directory, SIZE, _ -> {});
  }

  @Test
  void aVolumeOwnsItsSpaceFromItsCreationOn() throws Exception {
    directory = directory.resolve("a/b");
    long[] written = new long[1];
    LogVolume.create(directory, SIZE, bytes -> written[0] += bytes);
    long filesBytes = CYCLES * (CYCLE_BYTES - (long) LogLimits.CYCLE_OVERHEAD_BYTES);
    assertEquals(filesBytes, written[0]);
    assertEquals(CYCLES, VolumeFiles.pooledFiles(directory));
    assertTrue(VolumeFiles.allocatedBytes(directory) >= filesBytes);
    assertTrue(VolumeFiles.allocatedBytes(directory) <= SIZE.sizeBytes());
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      assertEquals(Set.of(), volume.domains());
      assertEquals(0, volume.usedBytes());
      assertEquals(SIZE.sizeBytes(), volume.size().sizeBytes());
    }
  }

  @Test
  void thereMustBeAVolume() throws Exception {
    refuses("no log store volume here; check that its disk is mounted");
    directory = directory.resolve("absent");
    refuses("no such directory");
    directory = Files.createFile(directory);
    refuses("not a directory; point to");
    refusesToCreate("not a directory");
  }

  @Test
  void aVolumeIsNotMadeTwice() throws Exception {
    make();
    refusesToCreate("there is a volume already");
  }

  @Test
  void aForeignDirectoryIsRefusedAndLeftAlone() throws Exception {
    Files.writeString(directory.resolve("precious"), "data");
    refuses("holds precious");
    refusesToCreate("holds precious");
    assertFalse(Files.exists(directory.resolve("volume")));
  }

  @Test
  void aForeignDescriptorIsRefused() throws Exception {
    Files.writeString(directory.resolve("volume"), "some other program's file");
    refuses("not a log store volume");
  }

  @Test
  void anInterruptedCreationIsSaidAndIsDoneAgain() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    disk.writesLeft = 10;
    IOException full =
        assertThrows(IOException.class, () -> LogVolume.create(directory, SIZE, _ -> {}, disk));
    assertTrue(full.getMessage().contains("No space left"), full.getMessage());
    assertTrue(VolumeFiles.pooledFiles(directory) > 0);
    refuses("was not finished");
    make();
    assertEquals(CYCLES, VolumeFiles.pooledFiles(directory));
    LogVolume.open(directory, VolumeOptions.defaults()).close();
  }

  @Test
  void aNewerVolumeIsRefused() throws Exception {
    make();
    change(8, (byte) 0, (byte) 2);
    refuses("volume format 2");
  }

  @Test
  void aDamagedDescriptorIsRefused() throws Exception {
    make();
    change(20, (byte) 1);
    refuses("damaged");
    Files.write(directory.resolve("volume"), new byte[0]);
    refuses("not a log store volume");
  }

  private void change(int offset, byte... bytes) throws IOException {
    Path file = directory.resolve("volume");
    byte[] content = Files.readAllBytes(file);
    System.arraycopy(bytes, 0, content, offset, bytes.length);
    Files.write(file, content);
  }

  @Test
  void aFileSystemWithoutEnoughSpaceIsRefused() throws Exception {
    refuses(
        () -> LogVolume.create(directory, VolumeSize.of(1L << 40), _ -> {}),
        "are needed; make room");
    assertTrue(Files.notExists(directory.resolve("pool")));
    int cycleBytes = 4 * CYCLE_BYTES;
    long tooLarge = (long) cycleBytes * LogLimits.CYCLES_MAX;
    assertTrue(Files.getFileStore(directory).getUsableSpace() < tooLarge);
    LogVolume.create(directory, new VolumeSize(4L * cycleBytes, cycleBytes), _ -> {});
    refuses(() -> LogVolume.grow(directory, tooLarge, _ -> {}), "are needed; make room");
    LogVolume.open(directory, VolumeOptions.defaults()).close();
  }

  @Test
  void aSizeThatIsImpossibleIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new VolumeSize(SIZE.sizeBytes(), CYCLE_BYTES - 4096));
    assertThrows(
        IllegalArgumentException.class, () -> new VolumeSize(SIZE.sizeBytes(), CYCLE_BYTES + 512));
    assertThrows(
        IllegalArgumentException.class, () -> new VolumeSize(3L * CYCLE_BYTES, CYCLE_BYTES));
    assertThrows(IllegalArgumentException.class, () -> new VolumeSize(1L << 50, CYCLE_BYTES));
  }

  @Test
  void aVolumeGrowsWhileItIsUsed() throws Exception {
    make();
    Records records = new Records(256 << 10);
    long grown = 2 * SIZE.sizeBytes();
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      while (log.hasSpace(256 << 10)) {
        records.append(log);
      }
      assertEquals(SIZE.sizeBytes(), log.bytesUsed());
      refuses(() -> volume.grow(SIZE.sizeBytes() - CYCLE_BYTES, _ -> {}), "does not shrink");
      volume.grow(grown, _ -> {});
      while (log.hasSpace(256 << 10)) {
        records.append(log);
      }
      assertEquals(grown, log.bytesUsed());
      assertEquals(grown, volume.size().sizeBytes());
    }
    LogVolume.grow(directory, grown + 3L * CYCLE_BYTES, _ -> {});
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      assertEquals(grown + 3L * CYCLE_BYTES, volume.size().sizeBytes());
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      assertTrue(log.hasSpace(256 << 10));
      assertEquals(1, log.firstLsn());
    }
  }

  @Test
  void aGrowthThatFailsHarmsNothing() throws Exception {
    make();
    FaultyDisk disk = new FaultyDisk();
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults(), disk)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      // Writes of a MiB: the second new file is not finished.
      disk.writesLeft = 6;
      assertThrows(IOException.class, () -> volume.grow(2 * SIZE.sizeBytes(), _ -> {}));
      disk.writesLeft = Integer.MAX_VALUE;
      assertEquals(SIZE.sizeBytes() + CYCLE_BYTES, volume.size().sizeBytes());
      new Records(1 << 10).append(log);
    }
    assertEquals(
        CYCLES - 1, VolumeFiles.pooledFiles(directory)); // One more, and two are the log's.
    LogVolume.open(directory, VolumeOptions.defaults()).close();
  }

  @Test
  void aFileOfAGrowthThatWasInterruptedIsRemoved() throws Exception {
    make();
    Files.createFile(directory.resolve("pool/000000000100.free.new"));
    Files.copy(
        directory.resolve("pool/000000000000.free"), directory.resolve("pool/000000000101.free"));
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      assertEquals(SIZE.sizeBytes(), volume.size().sizeBytes());
      assertEquals(CYCLES, VolumeFiles.pooledFiles(directory));
    }
  }

  @Test
  void aMissingCycleFileIsSaidAndCanBeMadeUpFor() throws Exception {
    make();
    Files.delete(directory.resolve("pool/000000000003.free"));
    VolumeFiles.truncate(directory.resolve("pool/000000000005.free"), 4096);
    refuses("2 of its 8 log files are missing or cut short");
    assertEquals(2, VolumeCheck.show(directory).cyclesMissing());
    LogVolume.grow(directory, SIZE.sizeBytes(), _ -> {});
    assertTrue(VolumeCheck.check(directory, _ -> {}).isSound());
    LogVolume.open(directory, VolumeOptions.defaults()).close();
  }

  @Test
  void aDomainThatIsRemovedGivesItsFilesBack() throws Exception {
    make();
    Records records = new Records(256 << 10);
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      while (log.hasSpace(256 << 10)) {
        records.append(log);
      }
      assertThrows(IllegalStateException.class, () -> volume.removeDomain("domain-a"));
      log.close();
      volume.removeDomain("domain-a");
      assertEquals(Set.of(), volume.domains());
      assertEquals(0, volume.usedBytes());
      refuses(() -> volume.removeDomain("domain-a"), "has no log of domain domain-a");
      DomainLog anew = volume.openDomain("domain-a", new RecordingListener());
      assertEquals(0, anew.lastLsn());
      Records.begin(anew);
      records.append(anew);
    }
    assertTrue(VolumeCheck.check(directory, _ -> {}).isSound());
  }

  @Test
  void aRemovalThatWasInterruptedIsFinished() throws Exception {
    make();
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      Records.begin(volume.openDomain("domain-a", new RecordingListener()));
    }
    Files.move(
        directory.resolve("domains/domain-a"), directory.resolve("domains/domain-a.removed"));
    try (LogVolume volume = LogVolume.open(directory, VolumeOptions.defaults())) {
      assertEquals(Set.of(), volume.domains());
      assertEquals(0, volume.usedBytes());
      assertEquals(CYCLES, VolumeFiles.pooledFiles(directory));
    }
  }

  @Test
  void aVolumeTakesOnlyAsManyDomainsAsItCanServe() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      for (int i = 0; i < 4; i++) {
        volume.openDomain("domain-" + i, new RecordingListener());
      }
      VolumeException refused =
          assertThrows(
              VolumeException.class, () -> volume.openDomain("domain-4", new RecordingListener()));
      assertTrue(refused.getMessage().contains("no room for another domain"));
      assertThrows(
          IllegalStateException.class,
          () -> volume.openDomain("domain-1", new RecordingListener()));
      assertThrows(
          IllegalArgumentException.class,
          () -> volume.openDomain("../escape", new RecordingListener()));
    }
  }

  @Test
  void aSecondOpeningIsRefused() throws Exception {
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      refuses("this process already has the volume open");
      Process second = ChildJvm.start(OpenAndPrint.class, directory.toString());
      String output = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, second.waitFor(), output);
      assertTrue(output.contains("another process has the volume open"), output);
      assertTrue(volume.domains().isEmpty());
    }
  }

  /** Opens the volume and prints why it could not. */
  static final class OpenAndPrint {
    private OpenAndPrint() {}

    public static void main(String[] arguments) throws IOException {
      try {
        TestVolumes.open(Path.of(arguments[0]), SIZE).close();
      } catch (VolumeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void aNewLogGoesOnFromWhatItIsGiven() throws Exception {
    HostState host = new HostState(3, "host-1", "00".repeat(16), 41, 7, false);
    DiskState disk = new DiskState(2, "vm", "disk-0", 1L << 30, 512);
    LogOrigin origin = new LogOrigin(999, 123, List.of(host), List.of(disk));
    ByteBuffer none = ByteBuffer.allocate(0);
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain("domain-a", origin, new RecordingListener());
      assertEquals(999, log.lastLsn());
      assertEquals(1000, log.firstLsn());
    }
    for (long lastLsn : new long[] {999, 1000}) {
      try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
        DomainLog log = volume.openDomain("domain-a", LogOrigin.NONE, new RecordingListener());
        assertEquals(lastLsn, log.lastLsn());
        assertEquals(999, log.releasedLsn());
        assertEquals(List.of(disk), log.disks());
        assertThrows(
            IllegalArgumentException.class, () -> log.append(2, 0, 3, 41, 2, 0, 512, 0, 0, none));
        if (lastLsn == 999) {
          assertEquals(List.of(host), log.hosts());
          assertEquals(1000, log.append(2, 0, 3, 42, 2, 0, 512, 0, 0, none));
        }
      }
    }
  }
}
