package io.drva.logstore;

import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * What an open volume uses of its process.
 *
 * @param nanoClock measures how long forces take
 */
public record VolumeOptions(LongSupplier nanoClock) {

  public VolumeOptions {
    Objects.requireNonNull(nanoClock, "nanoClock");
  }

  /** The system's clock. */
  public static VolumeOptions defaults() {
    return new VolumeOptions(SystemDisk::nanoTime);
  }
}
