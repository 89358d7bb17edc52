package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens volumes for tests, and makes them first where there is none. */
public final class TestVolumes {

  private TestVolumes() {}

  /** Opens the volume that is there, or one of this size. */
  public static LogVolume open(Path directory, VolumeSize size) throws IOException {
    return open(directory, size, new SystemDisk());
  }

  static LogVolume open(Path directory, VolumeSize size, Disk disk) throws IOException {
    if (Files.notExists(new VolumeLayout(directory).descriptor())) {
      LogVolume.create(directory, size, _ -> {}, disk);
    }
    return LogVolume.open(directory, VolumeOptions.defaults(), disk);
  }

  /** As {@link LogVolume#create}, on a disk whose power can be cut. */
  public static void create(Path directory, VolumeSize size, PowerCutDisk disk) throws IOException {
    LogVolume.create(directory, size, _ -> {}, disk);
  }

  /** As {@link LogVolume#open(Path, VolumeOptions)}, on a disk whose power can be cut. */
  public static LogVolume open(Path directory, VolumeOptions options, PowerCutDisk disk)
      throws IOException {
    return LogVolume.open(directory, options, disk);
  }
}
