package io.drva.simulation;

import io.drva.blobsink.RecordType;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * A change of a disk as its host sent it. Its data is made anew whenever it is wanted.
 *
 * @param isLast whether it ends the disk's baseline
 * @param dataSeed what the data is made from
 * @param dataCrc32c of that data, 0 when there is none
 */
record Change(
    RecordType type,
    DiskImage disk,
    long offsetBytes,
    int lengthBytes,
    boolean isLast,
    long dataSeed,
    int dataCrc32c) {

  /** Kinds of data, two of which compress to next to nothing. */
  private static final int KINDS = 4;

  static Change of(
      RecordType type,
      DiskImage disk,
      long offsetBytes,
      int lengthBytes,
      boolean isLast,
      long dataSeed) {
    boolean hasData = type == RecordType.WRITE || type == RecordType.BASELINE;
    int crc = hasData ? crc(data(dataSeed, lengthBytes)) : 0;
    return new Change(type, disk, offsetBytes, lengthBytes, isLast, dataSeed, crc);
  }

  /** Whether data made from this is almost nothing when it is compressed. */
  static boolean compressesWell(long dataSeed) {
    return new SplittableRandom(dataSeed).nextInt(KINDS) >= 2;
  }

  boolean hasData() {
    return type == RecordType.WRITE || type == RecordType.BASELINE;
  }

  byte[] data() {
    return data(dataSeed, lengthBytes);
  }

  /** Some of it compresses well, some does not at all. */
  private static byte[] data(long seed, int lengthBytes) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] data = new byte[lengthBytes];
    int period =
        switch (random.nextInt(KINDS)) {
          case 0 -> lengthBytes;
          case 1 -> 64;
          default -> 8;
        };
    byte[] pattern = new byte[period];
    random.nextBytes(pattern);
    for (int at = 0; at < lengthBytes; at += period) {
      System.arraycopy(pattern, 0, data, at, Math.min(period, lengthBytes - at));
    }
    return data;
  }

  private static int crc(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return (int) crc.getValue();
  }
}
