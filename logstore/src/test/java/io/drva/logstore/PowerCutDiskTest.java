package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the simulated disk promises, and that it promises no more. */
class PowerCutDiskTest {

  private static final int CUTS = 250;
  private static final int SECTORS = 3 * Pages.PAGE_BYTES / PowerCutFile.SECTOR_BYTES;

  @TempDir(factory = MemoryDirectory.class)
  Path directory;

  private final Random random = Seeds.random("powerCutDisk");
  private Path root;
  private PowerCutDisk disk;
  private int cuts;

  @BeforeEach
  void powerOn() throws IOException {
    disk = new PowerCutDisk(directory.resolve("disk"));
    root = directory.resolve("disk").toRealPath();
  }

  private Path cut() throws IOException {
    Path target = directory.resolve("cut-" + cuts++);
    disk.cut(target, random);
    return target;
  }

  /** What is found after many cuts of one moment: the names, with a slash before each. */
  private Set<String> outcomes() throws IOException {
    Set<String> outcomes = new TreeSet<>();
    for (int i = 0; i < CUTS; i++) {
      Path found = cut();
      try (Stream<Path> paths = Files.walk(found)) {
        outcomes.add(
            String.join(
                " ",
                paths
                    .filter(path -> !path.equals(found))
                    .map(path -> found.relativize(path).toString())
                    .sorted()
                    .toList()));
      }
    }
    return outcomes;
  }

  private static byte[] content(int value) {
    byte[] content = new byte[SECTORS * PowerCutFile.SECTOR_BYTES];
    Arrays.fill(content, (byte) value);
    return content;
  }

  private FileChannel durableFile(String name, int value) throws IOException {
    FileChannel channel = disk.create(root.resolve(name));
    disk.write(channel, ByteBuffer.wrap(content(value)), 0);
    disk.force(channel);
    disk.forceDirectory(root);
    return channel;
  }

  /** The values of a file's sectors, none of which is torn. */
  private static Set<Integer> sectors(Path file) throws IOException {
    byte[] content = Files.readAllBytes(file);
    Set<Integer> values = new TreeSet<>();
    for (int at = 0; at < content.length; at += PowerCutFile.SECTOR_BYTES) {
      int value = content[at];
      for (int i = at; i < at + PowerCutFile.SECTOR_BYTES; i++) {
        assertEquals(value, content[i], "a torn sector");
      }
      values.add(value);
    }
    return values;
  }

  @Test
  void whatWasForcedIsThereAndWhatWasNotMayBe() throws Exception {
    try (FileChannel channel = durableFile("file", 1)) {
      for (int i = 0; i < CUTS; i++) {
        assertArrayEquals(content(1), Files.readAllBytes(cut().resolve("file")));
      }
      disk.write(channel, ByteBuffer.wrap(content(2)), 0);
      disk.write(channel, ByteBuffer.wrap(content(3)), 0);
      Set<Set<Integer>> outcomes = new HashSet<>();
      for (int i = 0; i < CUTS; i++) {
        outcomes.add(sectors(cut().resolve("file")));
      }
      assertTrue(outcomes.contains(Set.of(1)), "all old");
      assertTrue(outcomes.contains(Set.of(3)), "all new");
      assertTrue(outcomes.contains(Set.of(1, 3)), "mixed");
      assertTrue(outcomes.contains(Set.of(1, 2, 3)), "of an earlier moment, too");
      disk.force(channel);
      for (int i = 0; i < CUTS; i++) {
        assertArrayEquals(content(3), Files.readAllBytes(cut().resolve("file")));
      }
    }
  }

  @Test
  void writesThroughAMappingCount() throws Exception {
    try (FileChannel channel = durableFile("file", 1)) {
      MappedByteBuffer mapped =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, 3L * Pages.PAGE_BYTES);
      mapped.put(Pages.PAGE_BYTES, content(2), 0, PowerCutFile.SECTOR_BYTES);
      boolean lost = false;
      boolean kept = false;
      for (int i = 0; i < CUTS; i++) {
        Set<Integer> sectors = sectors(cut().resolve("file"));
        lost |= sectors.equals(Set.of(1));
        kept |= sectors.equals(Set.of(1, 2));
      }
      assertTrue(lost && kept);
      disk.force(channel);
      for (int i = 0; i < CUTS; i++) {
        assertEquals(Set.of(1, 2), sectors(cut().resolve("file")));
      }
    }
  }

  @Test
  void aForceCoversWhatWasThereWhenItBegan() throws Exception {
    try (FileChannel channel = durableFile("file", 1)) {
      disk.write(channel, ByteBuffer.wrap(content(2)), 0);
      disk.watch(
          (operation, moment, path) -> {
            if (operation == PowerCutDisk.Operation.FORCE && moment == PowerCutDisk.Moment.AMID) {
              for (int i = 0; i < CUTS; i++) {
                assertFalse(sectors(cut().resolve("file")).contains(3));
              }
              channel.write(ByteBuffer.wrap(content(3)), 0);
            }
          });
      disk.force(channel);
      boolean lost = false;
      for (int i = 0; i < CUTS; i++) {
        Set<Integer> sectors = sectors(cut().resolve("file"));
        assertFalse(sectors.contains(1));
        lost |= sectors.contains(2);
      }
      assertTrue(lost);
    }
  }

  @Test
  void sizesAreOldNewOrBetween() throws Exception {
    try (FileChannel channel = durableFile("file", 1)) {
      disk.write(channel, ByteBuffer.wrap(content(2)), content(1).length);
      Set<Long> sizes = new TreeSet<>();
      for (int i = 0; i < CUTS; i++) {
        sizes.add(Files.size(cut().resolve("file")) / Pages.PAGE_BYTES);
      }
      assertEquals(Set.of(3L, 4L, 5L, 6L), sizes);
    }
  }

  @Test
  void aNameIsDurableWithItsDirectories() throws Exception {
    disk.createDirectory(root.resolve("a"));
    disk.create(root.resolve("a/file")).close();
    assertEquals(Set.of("", "a", "a a/file"), outcomes());
    disk.forceDirectory(root.resolve("a"));
    assertEquals(Set.of("", "a a/file"), outcomes());
    disk.forceDirectory(root);
    assertEquals(Set.of("a a/file"), outcomes());
    disk.delete(root.resolve("a/file"));
    disk.delete(root.resolve("a"));
    assertEquals(Set.of("", "a", "a a/file"), outcomes());
    disk.forceDirectory(root);
    assertEquals(Set.of(""), outcomes());
  }

  @Test
  void aRenameIsAtomicAndNeedsBothDirectories() throws Exception {
    disk.createDirectory(root.resolve("a"));
    disk.createDirectory(root.resolve("b"));
    disk.create(root.resolve("a/1")).close();
    disk.forceDirectory(root.resolve("a"));
    disk.forceDirectory(root);
    disk.move(root.resolve("a/1"), root.resolve("b/2"));
    assertEquals(Set.of("a a/1 b", "a b b/2"), outcomes());
    disk.forceDirectory(root.resolve("b"));
    assertEquals(Set.of("a a/1 b", "a b b/2"), outcomes());
    disk.move(root.resolve("b/2"), root.resolve("b/3"));
    assertEquals(Set.of("a a/1 b", "a b b/2", "a b b/3"), outcomes());
    disk.forceDirectory(root.resolve("b"));
    assertEquals(Set.of("a b b/3"), outcomes(), "a file has one place");
  }

  @Test
  void whatWasReplacedOrDeletedMayComeBackWithItsContent() throws Exception {
    durableFile("file", 1).close();
    FileChannel other = disk.create(root.resolve("new"));
    disk.write(other, ByteBuffer.wrap(content(2)), 0);
    disk.force(other);
    other.close();
    disk.replace(root.resolve("new"), root.resolve("file"));
    disk.delete(root.resolve("file"));
    Set<String> outcomes = new TreeSet<>();
    for (int i = 0; i < CUTS; i++) {
      Path found = cut();
      StringBuilder outcome = new StringBuilder();
      for (String name : new String[] {"file", "new"}) {
        Path file = found.resolve(name);
        outcome.append(Files.exists(file) ? sectors(file) : "-");
      }
      outcomes.add(outcome.toString());
    }
    assertEquals(Set.of("[1]-", "[1][2]", "[2]-", "--"), outcomes);
    disk.forceDirectory(root);
    assertEquals(Set.of(""), outcomes());
  }

  @Test
  void whatTheDiskWasNotToldOfIsNeverDurable() throws Exception {
    Files.write(root.resolve("stranger"), content(1));
    assertEquals(Set.of("", "stranger"), outcomes());
    disk.forceDirectory(root);
    assertEquals(Set.of("stranger"), outcomes());
    Set<Long> sizes = new TreeSet<>();
    for (int i = 0; i < CUTS; i++) {
      sizes.add(Files.size(cut().resolve("stranger")) / Pages.PAGE_BYTES);
    }
    assertEquals(Set.of(0L, 1L, 2L, 3L), sizes);
  }

  @Test
  void aKilledProcessLosesNothingUntilThePowerFails() throws Exception {
    try (FileChannel channel = durableFile("file", 1)) {
      disk.write(channel, ByteBuffer.wrap(content(2)), 0);
      disk.create(root.resolve("other")).close();
      PowerCutDisk left = disk.kill(directory.resolve("left"));
      assertThrows(PowerLossException.class, () -> disk.force(channel));
      disk = left;
      root = directory.resolve("left").toRealPath();
      assertArrayEquals(content(2), Files.readAllBytes(root.resolve("file")));
      assertTrue(Files.exists(root.resolve("other")));
      assertEquals(Set.of("file", "file other"), outcomes());
      try (FileChannel again = disk.openForAppend(root.resolve("file"))) {
        boolean lost = false;
        for (int i = 0; i < CUTS; i++) {
          lost |= sectors(cut().resolve("file")).contains(1);
        }
        assertTrue(lost);
        disk.force(again);
        for (int i = 0; i < CUTS; i++) {
          assertArrayEquals(content(2), Files.readAllBytes(cut().resolve("file")));
        }
      }
    }
  }
}
