package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;

/** Opens volumes on a disk of the test's own; for the tests of other modules, too. */
public final class TestVolumes {

  private TestVolumes() {}

  /** As {@link LogVolume#open(Path, VolumeOptions)}. */
  public static LogVolume open(Path path, VolumeOptions options, PowerCutDisk disk)
      throws IOException {
    return LogVolume.open(path, options, disk);
  }
}
