package io.drva.logstore;

/**
 * The size of a volume: as many cycle files as fit into it.
 *
 * @param sizeBytes the budget: what the volume takes of its file system, all in all
 * @param cycleBytes one cycle file's part of it; fixed for the life of the volume
 */
public record VolumeSize(long sizeBytes, int cycleBytes) {

  public VolumeSize {
    if (cycleBytes < LogLimits.CYCLE_BYTES_MIN || cycleBytes > LogLimits.CYCLE_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a log file of "
              + ByteCount.text(cycleBytes)
              + " is not possible: "
              + ByteCount.text(LogLimits.CYCLE_BYTES_MIN)
              + " to "
              + ByteCount.text(LogLimits.CYCLE_BYTES_MAX));
    }
    if (cycleBytes % SystemDisk.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          "a log file of "
              + cycleBytes
              + " bytes is not possible: a multiple of "
              + ByteCount.text(SystemDisk.BLOCK_BYTES));
    }
    if (sizeBytes < (long) LogLimits.CYCLES_MIN * cycleBytes) {
      throw new IllegalArgumentException(
          ByteCount.text(sizeBytes)
              + " is too small for a volume with log files of "
              + ByteCount.text(cycleBytes)
              + ": at least "
              + ByteCount.text((long) LogLimits.CYCLES_MIN * cycleBytes));
    }
    if (sizeBytes / cycleBytes > LogLimits.CYCLES_MAX) {
      throw new IllegalArgumentException(
          ByteCount.text(sizeBytes)
              + " is too large for a volume with log files of "
              + ByteCount.text(cycleBytes)
              + ": at most "
              + ByteCount.text((long) LogLimits.CYCLES_MAX * cycleBytes));
    }
  }

  /** The given size in files of {@link LogLimits#CYCLE_BYTES_DEFAULT}. */
  public static VolumeSize of(long sizeBytes) {
    return new VolumeSize(sizeBytes, LogLimits.CYCLE_BYTES_DEFAULT);
  }

  /** What the cycle files take: a rest that is smaller than one stays unused. */
  public long usedBytes() {
    return (long) cycles() * cycleBytes;
  }

  /** How many cycle files that is. */
  public int cycles() {
    return Math.toIntExact(sizeBytes / cycleBytes);
  }

  VolumeSize ofCycles(int cycles) {
    return new VolumeSize((long) cycles * cycleBytes, cycleBytes);
  }
}
