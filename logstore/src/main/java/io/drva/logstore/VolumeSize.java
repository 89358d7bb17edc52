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
          "cycleBytes "
              + cycleBytes
              + " is outside "
              + LogLimits.CYCLE_BYTES_MIN
              + " to "
              + LogLimits.CYCLE_BYTES_MAX);
    }
    if (cycleBytes % SystemDisk.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          "cycleBytes " + cycleBytes + " is not a multiple of " + SystemDisk.BLOCK_BYTES);
    }
    if (sizeBytes < (long) LogLimits.CYCLES_MIN * cycleBytes) {
      throw new IllegalArgumentException(
          "sizeBytes "
              + sizeBytes
              + " is too small: at least "
              + LogLimits.CYCLES_MIN
              + " cycle files of "
              + cycleBytes
              + " bytes must fit");
    }
    if (sizeBytes / cycleBytes > LogLimits.CYCLES_MAX) {
      throw new IllegalArgumentException(
          "sizeBytes "
              + sizeBytes
              + " is more than "
              + LogLimits.CYCLES_MAX
              + " cycle files of "
              + cycleBytes
              + " bytes: make them larger");
    }
  }

  /** The given size in files of {@link LogLimits#CYCLE_BYTES_DEFAULT}. */
  public static VolumeSize of(long sizeBytes) {
    return new VolumeSize(sizeBytes, LogLimits.CYCLE_BYTES_DEFAULT);
  }

  /** How many cycle files that is. */
  public int cycles() {
    return Math.toIntExact(sizeBytes / cycleBytes);
  }

  VolumeSize ofCycles(int cycles) {
    return new VolumeSize((long) cycles * cycleBytes, cycleBytes);
  }
}
