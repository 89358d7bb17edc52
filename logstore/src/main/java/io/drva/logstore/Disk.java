package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * The file operations that durability rests on: everything that changes a volume goes through here,
 * but for the few bytes that Chronicle writes through its mappings. A seam where tests inject
 * failures and lose what was not forced.
 */
interface Disk {

  /** Creates a file, which must not be there, and opens it as {@link #openForAppend} does. */
  FileChannel create(Path file) throws IOException;

  /**
   * Opens a file for writing and forcing. The channel must stay open from before the first write to
   * after the last force: the kernel reports a failed write-back to those who had the file open
   * when it happened.
   */
  FileChannel openForAppend(Path file) throws IOException;

  /** Opens a file for reading through the page cache. */
  FileChannel openForRead(Path file) throws IOException;

  /**
   * Opens a file for reading what the device holds, past the page cache where the file system can.
   * Reads must be aligned to {@link SystemDisk#BLOCK_BYTES} in position, length and memory.
   */
  FileChannel openForScan(Path file) throws IOException;

  /** Writes all of {@code source} at {@code positionBytes}. */
  void write(FileChannel channel, ByteBuffer source, long positionBytes) throws IOException;

  /** Returns when everything written to the file so far, mapped writes included, is durable. */
  void force(FileChannel channel) throws IOException;

  /** Returns when the directory's entries are durable. */
  void forceDirectory(Path directory) throws IOException;

  /** Creates a directory, which must not be there. */
  void createDirectory(Path directory) throws IOException;

  /** Renames within the volume, atomically, replacing nothing. */
  void move(Path from, Path to) throws IOException;

  /** Renames within the volume, atomically, in place of what {@code to} names, if anything. */
  void replace(Path from, Path to) throws IOException;

  /** Deletes a file or an empty directory. */
  void delete(Path path) throws IOException;
}
