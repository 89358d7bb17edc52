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
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opening a volume: what is refused, and with which words. */
class LogVolumeTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final long SIZE_BYTES = 8L * CYCLE_BYTES;
  private static final VolumeOptions OPTIONS = VolumeOptions.of(SIZE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  private void refuses(VolumeOptions options, String words) {
    VolumeException refused =
        assertThrows(VolumeException.class, () -> LogVolume.open(directory, options).close());
    String message = refused.getMessage();
    assertTrue(message.contains(words), message);
    assertTrue(message.startsWith(directory.toString()), message);
    assertFalse(message.contains("\n"), message);
  }

  private void make() throws IOException {
    LogVolume.open(directory, OPTIONS).close();
  }

  @Test
  void anAbsentDirectoryIsMade() throws Exception {
    Path absent = directory.resolve("a/b");
    try (LogVolume volume = LogVolume.open(absent, OPTIONS)) {
      assertEquals(Set.of(), volume.domains());
      assertEquals(0, volume.usedBytes());
      assertEquals(SIZE_BYTES, volume.sizeBytes());
    }
    LogVolume.open(absent, OPTIONS).close();
  }

  @Test
  void aFileIsRefused() throws Exception {
    directory = Files.createFile(directory.resolve("file"));
    refuses(OPTIONS, "not a directory; point to");
  }

  @Test
  void aForeignDirectoryIsRefusedAndLeftAlone() throws Exception {
    Files.writeString(directory.resolve("precious"), "data");
    refuses(OPTIONS, "holds precious");
    assertFalse(Files.exists(directory.resolve("volume")));
  }

  @Test
  void aForeignDescriptorIsRefused() throws Exception {
    Files.writeString(directory.resolve("volume"), "some other program's file");
    refuses(OPTIONS, "not a log store volume");
  }

  @Test
  void aNewerVolumeIsRefused() throws Exception {
    make();
    change(8, (byte) 0, (byte) 2);
    refuses(OPTIONS, "volume format 2");
  }

  @Test
  void aDamagedDescriptorIsRefused() throws Exception {
    make();
    change(20, (byte) 1);
    refuses(OPTIONS, "damaged");
    Files.write(directory.resolve("volume"), new byte[0]);
    refuses(OPTIONS, "not a log store volume");
  }

  private void change(int offset, byte... bytes) throws IOException {
    Path file = directory.resolve("volume");
    byte[] content = Files.readAllBytes(file);
    System.arraycopy(bytes, 0, content, offset, bytes.length);
    Files.write(file, content);
  }

  @Test
  void anotherCycleSizeIsRefused() throws Exception {
    make();
    refuses(VolumeOptions.of(SIZE_BYTES * 2, CYCLE_BYTES * 2), "cycleBytes " + CYCLE_BYTES);
  }

  @Test
  void aFileSystemThatIsTooSmallIsRefused() {
    refuses(VolumeOptions.of(1L << 60), "file system is too small");
  }

  @Test
  void aBudgetThatIsTooSmallIsRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> VolumeOptions.of(SIZE_BYTES, CYCLE_BYTES - 4096));
    assertThrows(
        IllegalArgumentException.class, () -> VolumeOptions.of(3L * CYCLE_BYTES, CYCLE_BYTES));
  }

  @Test
  void theBudgetMayGrowAndMayShrinkToWhatIsHeld() throws Exception {
    Records records = new Records(256 << 10);
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      Records.begin(log);
      while (log.bytesUsed() < 6L * CYCLE_BYTES) {
        records.append(log);
      }
    }
    refuses(VolumeOptions.of(5L * CYCLE_BYTES, CYCLE_BYTES), "a right to 6");
    try (LogVolume volume =
        LogVolume.open(directory, VolumeOptions.of(20L * CYCLE_BYTES, CYCLE_BYTES))) {
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      while (log.bytesUsed() < 12L * CYCLE_BYTES) {
        records.append(log);
      }
    }
    try (LogVolume volume =
        LogVolume.open(directory, VolumeOptions.of(12L * CYCLE_BYTES, CYCLE_BYTES))) {
      assertEquals(12L * CYCLE_BYTES, volume.usedBytes());
      DomainLog log = volume.openDomain("domain-a", new RecordingListener());
      log.release(log.lastLsn());
    }
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
      assertEquals(CYCLE_BYTES, volume.usedBytes());
      assertTrue(VolumeFiles.pooledFiles(directory) <= 7);
    }
  }

  @Test
  void aVolumeTakesOnlyAsManyDomainsAsItCanServe() throws Exception {
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
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
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
      refuses(OPTIONS, "this process already has the volume open");
      Process second = ChildJvm.start(OpenAndPrint.class, directory.toString());
      String output = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, second.waitFor(), output);
      assertTrue(output.contains("another process has the volume open"), output);
      assertTrue(volume.domains().isEmpty());
    }
    make();
  }

  /** Opens the volume and prints why it could not. */
  static final class OpenAndPrint {
    private OpenAndPrint() {}

    public static void main(String[] arguments) throws IOException {
      try {
        LogVolume.open(Path.of(arguments[0]), OPTIONS).close();
      } catch (VolumeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void firstLsnOfALogWithoutRecordsMayBeGiven() throws Exception {
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
      DomainLog log = volume.openDomain("domain-a", 1000, new RecordingListener());
      assertEquals(999, log.lastLsn());
      assertEquals(1000, log.firstLsn());
      assertEquals(1000, log.attachHost(1, "host-1", new byte[LogLimits.INCARNATION_BYTES], 0));
    }
    try (LogVolume volume = LogVolume.open(directory, OPTIONS)) {
      DomainLog log = volume.openDomain("domain-a", 1, new RecordingListener());
      assertEquals(1000, log.lastLsn());
      ByteBuffer none = ByteBuffer.allocate(0);
      assertThrows(
          IllegalArgumentException.class, () -> log.append(2, 0, 1, 1, 1, 0, 512, 0, 0, none));
    }
  }
}
