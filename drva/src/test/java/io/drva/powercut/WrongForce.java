package io.drva.powercut;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A force of the wrong file: always of the same one, of the same file system, so that the journal
 * is committed and the device flushed.
 */
public final class WrongForce {
  /** In the process's working directory, which is the file system of the volume. */
  private static final Path WRONG = Path.of("wrong");

  private WrongForce() {}

  public static void force(Object disk, FileChannel channel) throws IOException {
    try (FileChannel wrong =
        FileChannel.open(WRONG, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      wrong.write(ByteBuffer.allocate(1), 0);
      wrong.force(false);
    }
  }
}
