package io.drva.powercut;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the power cut campaign keeps what was flushed, and only that for certain. */
class VolatileDiskTest {
  private static final int SECTORS = 64;

  @TempDir Path folder;
  private Path image;
  private VolatileDisk disk;

  @BeforeEach
  void open() throws IOException {
    image = Files.write(folder.resolve("disk.img"), new byte[SECTORS * VolatileDisk.SECTOR_BYTES]);
    disk = new VolatileDisk(image);
    disk.powerOn();
  }

  @AfterEach
  void close() throws IOException {
    disk.close();
  }

  private static ByteBuffer filled(int sectors, int value) {
    byte[] bytes = new byte[sectors * VolatileDisk.SECTOR_BYTES];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }

  private boolean write(int sector, int sectors, int value) throws IOException {
    return disk.write(filled(sectors, value), (long) sector * VolatileDisk.SECTOR_BYTES);
  }

  /** The value that each sector is filled with. */
  private int[] seen() throws IOException {
    disk.powerOn();
    ByteBuffer all = ByteBuffer.allocate(SECTORS * VolatileDisk.SECTOR_BYTES);
    assertTrue(disk.read(all, 0));
    int[] values = new int[SECTORS];
    for (int s = 0; s < SECTORS; s++) {
      values[s] = all.get(s * VolatileDisk.SECTOR_BYTES);
      for (int b = 0; b < VolatileDisk.SECTOR_BYTES; b++) {
        assertEquals(values[s], all.get(s * VolatileDisk.SECTOR_BYTES + b), "sector " + s);
      }
    }
    return values;
  }

  private VolatileDisk.Unflushed cut(double keptShare) throws IOException {
    disk.powerOff();
    return disk.lose(new SplittableRandom(1), keptShare);
  }

  @Test
  void losesWhatWasNotFlushed() throws IOException {
    assertTrue(write(0, 2, 1));
    assertTrue(disk.flush());
    assertTrue(write(1, 2, 2));
    assertEquals(new VolatileDisk.Unflushed(0, 2), cut(0));
    int[] values = seen();
    assertEquals(1, values[0]);
    assertEquals(1, values[1], "what was flushed before");
    assertEquals(0, values[2]);
  }

  @Test
  void keepsAnyOfWhatWasNotFlushed() throws IOException {
    assertTrue(write(0, SECTORS, 1));
    VolatileDisk.Unflushed unflushed = cut(0.5);
    assertEquals(SECTORS, unflushed.kept() + unflushed.lost());
    assertTrue(unflushed.kept() > 0 && unflushed.lost() > 0, unflushed::toString);
    int[] values = seen();
    assertEquals(unflushed.kept(), Arrays.stream(values).filter(v -> v == 1).count());
    assertEquals(unflushed.lost(), Arrays.stream(values).filter(v -> v == 0).count());
  }

  @Test
  void leavesInTheImageWhatTheMachineSeesAfterwards() throws IOException {
    assertTrue(write(3, 40, 1));
    assertTrue(disk.flush());
    assertTrue(write(20, 40, 2));
    var _ = cut(0.5);
    int[] values = seen();
    byte[] survived = Files.readAllBytes(image);
    for (int s = 0; s < SECTORS; s++) {
      assertEquals(values[s], survived[s * VolatileDisk.SECTOR_BYTES], "sector " + s);
    }
  }

  @Test
  void cutsInPlaceOfARequest() throws IOException {
    assertTrue(write(0, 1, 1));
    var cut = disk.cutAfter(2);
    assertTrue(write(0, 1, 1));
    assertTrue(disk.flush());
    assertTrue(write(0, 1, 2), "there is nothing to lose");
    assertFalse(cut.isDone());
    assertFalse(disk.flush());
    assertTrue(cut.isDone());
    assertFalse(write(0, 1, 3));
    assertFalse(disk.read(ByteBuffer.allocate(VolatileDisk.SECTOR_BYTES), 0));
    assertEquals(new VolatileDisk.Unflushed(0, 1), disk.lose(new SplittableRandom(1), 0));
    assertEquals(1, seen()[0]);
  }

  @Test
  void cutsAfterSoManyRequests() throws IOException {
    var cut = disk.cutAfter(2);
    assertTrue(write(0, 1, 1));
    assertTrue(write(1, 1, 1));
    assertFalse(write(2, 1, 1));
    assertTrue(cut.isDone());
    assertEquals(new VolatileDisk.Unflushed(0, 2), disk.lose(new SplittableRandom(1), 0));
  }

  @Test
  void aFlushLeavesNothingToLose() throws IOException {
    assertTrue(write(7, 5, 1));
    assertTrue(disk.flush());
    assertEquals(new VolatileDisk.Unflushed(0, 0), cut(0));
    assertEquals(5, Arrays.stream(seen()).filter(v -> v == 1).count());
  }
}
