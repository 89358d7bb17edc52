package io.drva.demo;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * The made-up content of a sector: a pure function of (disk, sector, version), about 2:1
 * compressible.
 *
 * <p>The first half of a sector is SplitMix64 output (Steele, Lea, Flood: "Fast splittable
 * pseudorandom number generators", OOPSLA 2014), which no compressor shrinks; the second half
 * repeats one word, which any compressor removes. Version 0 is a sector that was never written:
 * zeros.
 */
final class Payload {
  static final int SECTOR_BYTES = 512;
  private static final int RANDOM_WORDS = SECTOR_BYTES / 2 / Long.BYTES;
  private static final int SECTOR_WORDS = SECTOR_BYTES / Long.BYTES;
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private Payload() {}

  /**
   * Appends the content of {@code sectors} sectors from {@code firstSector} on, all at one version,
   * to {@code target}.
   */
  static void write(ByteBuf target, int disk, long firstSector, int sectors, int version) {
    int index = target.writerIndex();
    target.ensureWritable(sectors * SECTOR_BYTES);
    for (int s = 0; s < sectors; s++) {
      long state = seed(disk, firstSector + s, version);
      long word = 0;
      for (int w = 0; w < SECTOR_WORDS; w++) {
        if (w < RANDOM_WORDS) {
          word = mix(state += GOLDEN_GAMMA);
        }
        target.setLong(index, word);
        index += Long.BYTES;
      }
    }
    target.writerIndex(index);
  }

  /**
   * Whether the sector that starts at {@code position} of {@code image} has the content of {@code
   * version}.
   */
  static boolean matches(ByteBuffer image, int position, int disk, long sector, int version) {
    if (version == 0) {
      for (int w = 0; w < SECTOR_WORDS; w++) {
        if (image.getLong(position + w * Long.BYTES) != 0) {
          return false;
        }
      }
      return true;
    }
    long state = seed(disk, sector, version);
    long word = 0;
    for (int w = 0; w < SECTOR_WORDS; w++) {
      if (w < RANDOM_WORDS) {
        word = mix(state += GOLDEN_GAMMA);
      }
      if (image.getLong(position + w * Long.BYTES) != word) {
        return false;
      }
    }
    return true;
  }

  private static long seed(int disk, long sector, int version) {
    return mix(mix(mix(disk) ^ sector) ^ version);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
