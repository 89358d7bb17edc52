package io.drva.recovery;

import java.util.Arrays;

/**
 * Which sectors of a disk are decided already, going from the newest record to the oldest. A bit
 * per 512 bytes, in regions that are reserved when first touched and given back when all their bits
 * are set: 32 KiB for a region of 128 MiB, so at most 1/4,096 of the disk, and much less as
 * recovery proceeds. Owned by one thread.
 */
final class DiskCoverage {
  static final int SECTOR_BYTES = 512;
  static final long REGION_BYTES = 128L << 20;
  private static final int REGION_SECTORS = (int) (REGION_BYTES / SECTOR_BYTES);
  private static final int REGION_WORDS = REGION_SECTORS / Long.SIZE;
  private static final long[] FULL = new long[0];

  /** Receives what was not covered before. */
  @FunctionalInterface
  interface Newly {
    /** Offset on the disk and length, bytes. Extents come in ascending order. */
    void covered(long offsetBytes, long lengthBytes);
  }

  private final long[][] regions;
  private final int[] setCounts;
  private final long sectors;
  private long sectorsCovered;

  /**
   * Begins with nothing covered.
   *
   * @param capacityBytes the disk's size, a multiple of 512
   */
  DiskCoverage(long capacityBytes) {
    this.sectors = capacityBytes / SECTOR_BYTES;
    int count = Math.toIntExact(Math.ceilDiv(sectors, REGION_SECTORS));
    this.regions = new long[count][];
    this.setCounts = new int[count];
  }

  boolean isComplete() {
    return sectorsCovered == sectors;
  }

  /**
   * Covers an extent.
   *
   * @param offsetBytes and the length are multiples of 512, and the extent is within the disk
   * @param newly is told the parts that were not covered before
   */
  void cover(long offsetBytes, long lengthBytes, Newly newly) {
    long sector = offsetBytes / SECTOR_BYTES;
    long end = sector + lengthBytes / SECTOR_BYTES;
    while (sector < end) {
      int region = (int) (sector / REGION_SECTORS);
      long regionStart = (long) region * REGION_SECTORS;
      int from = (int) (sector - regionStart);
      int to = (int) Math.min(end - regionStart, REGION_SECTORS);
      coverRegion(region, from, to, newly);
      sector = regionStart + to;
    }
  }

  private void coverRegion(int region, int from, int to, Newly newly) {
    long[] words = regions[region];
    if (words != null && words.length == 0) { // FULL
      return;
    }
    int regionSectors = (int) Math.min(REGION_SECTORS, sectors - (long) region * REGION_SECTORS);
    if (words == null) {
      if (to - from == regionSectors) {
        regions[region] = FULL;
        tell(region, from, to, newly);
        return;
      }
      words = new long[REGION_WORDS];
      regions[region] = words;
    }
    int at = nextClear(words, from, to);
    while (at < to) {
      int clearEnd = nextSet(words, at, to);
      set(words, at, clearEnd);
      setCounts[region] += clearEnd - at;
      tell(region, at, clearEnd, newly);
      at = nextClear(words, clearEnd, to);
    }
    if (setCounts[region] == regionSectors) {
      regions[region] = FULL;
    }
  }

  private void tell(int region, int from, int to, Newly newly) {
    sectorsCovered += to - from;
    newly.covered(
        (long) region * REGION_BYTES + (long) from * SECTOR_BYTES,
        (long) (to - from) * SECTOR_BYTES);
  }

  private static int nextClear(long[] words, int from, int to) {
    return next(words, from, to, -1L);
  }

  private static int nextSet(long[] words, int from, int to) {
    return next(words, from, to, 0L);
  }

  /** The first bit in a range that differs from those of the word given, which are all the same. */
  private static int next(long[] words, int from, int to, long same) {
    int at = from;
    while (at < to) {
      long differs = (words[at / Long.SIZE] ^ same) >>> (at % Long.SIZE);
      if (differs != 0) {
        return Math.min(to, at + Long.numberOfTrailingZeros(differs));
      }
      at = (at / Long.SIZE + 1) * Long.SIZE;
    }
    return to;
  }

  private static void set(long[] words, int from, int to) {
    int first = from / Long.SIZE;
    int last = (to - 1) / Long.SIZE;
    long firstMask = -1L << (from % Long.SIZE);
    long lastMask = -1L >>> (Long.SIZE - 1 - (to - 1) % Long.SIZE);
    if (first == last) {
      words[first] |= firstMask & lastMask;
      return;
    }
    words[first] |= firstMask;
    Arrays.fill(words, first + 1, last, -1L);
    words[last] |= lastMask;
  }
}
