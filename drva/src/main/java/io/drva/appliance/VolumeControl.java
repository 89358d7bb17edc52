package io.drva.appliance;

import io.drva.logstore.ByteCount;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Shows the log store volume, and has it grow while it is used. All methods are thread-safe. */
final class VolumeControl {
  private static final Logger LOG = LoggerFactory.getLogger(VolumeControl.class);

  private final LogVolume volume;
  private final Platform platform;

  // Guarded by this.
  private Long growingToBytes;
  private String growthFailure;

  VolumeControl(LogVolume volume, Platform platform) {
    this.volume = volume;
    this.platform = platform;
  }

  synchronized VolumeStatus status() {
    return new VolumeStatus(
        volume.path().toString(),
        volume.size().sizeBytes(),
        volume.size().cycleBytes(),
        volume.usedBytes(),
        growingToBytes,
        growthFailure,
        problem());
  }

  /** Why the volume stopped; null when it did not. */
  String problem() {
    return volume.failure().map(Throwable::toString).orElse(null);
  }

  /**
   * Has the volume grow, in the background.
   *
   * @throws ControlException when it is growing already, or the size is impossible
   */
  synchronized void grow(long sizeBytes) throws ControlException {
    if (problem() != null) {
      throw new ControlException(409, "the volume has stopped: " + problem());
    }
    if (growingToBytes != null) {
      throw new ControlException(409, "the volume is growing to " + ByteCount.text(growingToBytes));
    }
    VolumeSize present = volume.size();
    try {
      if (new VolumeSize(sizeBytes, present.cycleBytes()).cycles() < present.cycles()) {
        throw new ControlException(
            400,
            "the volume has "
                + ByteCount.text(present.sizeBytes())
                + " and does not shrink to "
                + ByteCount.text(sizeBytes));
      }
    } catch (IllegalArgumentException e) {
      throw new ControlException(400, e.getMessage(), e);
    }
    growingToBytes = sizeBytes;
    growthFailure = null;
    Thread growing = platform.threads().newThread(() -> growNow(sizeBytes));
    growing.setName("grow");
    growing.start();
  }

  private void growNow(long sizeBytes) {
    String problem = null;
    try {
      volume.grow(sizeBytes, _ -> {});
      LOG.info("{}: has {} now", volume.path(), ByteCount.text(volume.size().sizeBytes()));
    } catch (IOException | RuntimeException | Error e) {
      problem = String.valueOf(e.getMessage());
      LOG.warn("{}: did not grow to {}", volume.path(), ByteCount.text(sizeBytes), e);
    }
    synchronized (this) {
      growingToBytes = null;
      growthFailure = problem;
    }
  }
}
