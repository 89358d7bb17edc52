package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small files that are replaced as a whole. */
final class DurableFile {

  /** A file under this suffix was not finished. */
  static final String UNFINISHED = ".new";

  private DurableFile() {}

  /** Writes the file so that after a crash the old or the new one is there, complete. */
  static void write(Disk disk, Path directory, String name, byte[] content) throws IOException {
    Path unfinished = directory.resolve(name + UNFINISHED);
    if (Files.exists(unfinished)) {
      disk.delete(unfinished);
    }
    try (FileChannel channel = disk.create(unfinished)) {
      disk.write(channel, ByteBuffer.wrap(content), 0);
      disk.force(channel);
    }
    disk.replace(unfinished, directory.resolve(name));
    disk.forceDirectory(directory);
  }
}
