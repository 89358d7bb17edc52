package io.drva.demo;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Made-up writes: half of them go on where the disk's last one ended, half go anywhere; in 64, one
 * zeroes and one discards its extent. The same seed gives the same writes.
 */
final class RandomWrites implements WriteSource {
  private static final int ALIGNMENT_BYTES = 4096;
  private static final int KINDS = 64;

  private final SplittableRandom random;
  private final long diskBytes;
  private final List<Integer> sizesBytes;
  private final long bytesPerSecond;
  private final long[] ends;
  private long remainingBytes;
  private long givenBytes;
  private Kind kind = Kind.WRITE;
  private int disk;
  private long offsetBytes;
  private int lengthBytes;

  /**
   * @param sizesBytes write sizes, each as likely as the others
   * @param bytesPerSecond paces the writes; 0 for as fast as they are accepted
   */
  RandomWrites(
      long seed,
      int disks,
      long diskBytes,
      List<Integer> sizesBytes,
      long totalBytes,
      long bytesPerSecond) {
    random = new SplittableRandom(seed);
    this.diskBytes = diskBytes;
    this.sizesBytes = List.copyOf(sizesBytes);
    this.bytesPerSecond = bytesPerSecond;
    remainingBytes = totalBytes;
    ends = new long[disks];
  }

  @Override
  public boolean next() {
    if (remainingBytes <= 0) {
      return false;
    }
    lengthBytes = sizesBytes.get(random.nextInt(sizesBytes.size()));
    disk = random.nextInt(ends.length);
    offsetBytes = ends[disk];
    if (random.nextBoolean() || offsetBytes + lengthBytes > diskBytes) {
      offsetBytes =
          random.nextLong((diskBytes - lengthBytes) / ALIGNMENT_BYTES + 1) * ALIGNMENT_BYTES;
    }
    ends[disk] = offsetBytes + lengthBytes;
    int draw = random.nextInt(KINDS);
    kind = draw == 0 ? Kind.ZERO : draw == 1 ? Kind.DISCARD : Kind.WRITE;
    remainingBytes -= lengthBytes;
    givenBytes += lengthBytes;
    return true;
  }

  @Override
  public Kind kind() {
    return kind;
  }

  @Override
  public int disk() {
    return disk;
  }

  @Override
  public long offsetBytes() {
    return offsetBytes;
  }

  @Override
  public int lengthBytes() {
    return lengthBytes;
  }

  @Override
  public long dueMicros() {
    return bytesPerSecond == 0
        ? 0
        : (long) ((double) (givenBytes - lengthBytes) / bytesPerSecond * 1e6);
  }
}
