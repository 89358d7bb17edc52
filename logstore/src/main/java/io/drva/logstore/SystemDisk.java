package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The adapter to the operating system's files and clock. */
final class SystemDisk implements Disk {

  /** Alignment of direct reads, bytes; no device in use has larger blocks. */
  static final int BLOCK_BYTES = 4096;

  private static final OpenOption DIRECT = directOption();

  /** By name: the JDK supports this enum, yet the compiler warns of every mention of its class. */
  private static OpenOption directOption() {
    try {
      for (Object option :
          Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (option.toString().equals("DIRECT")) {
          return (OpenOption) option;
        }
      }
      throw new IllegalStateException("this Java runtime has no direct reads");
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("this Java runtime lacks module jdk.unsupported", e);
    }
  }

  static long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public FileChannel create(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
  }

  @Override
  public FileChannel openForAppend(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public FileChannel openForRead(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  @Override
  public FileChannel openForScan(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.READ, DIRECT);
    } catch (UnsupportedOperationException | IOException withoutDirectReads) {
      // A file system without O_DIRECT. If the file itself is at fault, this open says so again.
      try {
        return openForRead(file);
      } catch (IOException e) {
        e.addSuppressed(withoutDirectReads);
        throw e;
      }
    }
  }

  @Override
  public void write(FileChannel channel, ByteBuffer source, long positionBytes) throws IOException {
    long position = positionBytes;
    while (source.hasRemaining()) {
      position += channel.write(source, position);
    }
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    channel.force(false);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      throw new FileAlreadyExistsException(to.toString());
    }
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path path) throws IOException {
    Files.delete(path);
  }
}
