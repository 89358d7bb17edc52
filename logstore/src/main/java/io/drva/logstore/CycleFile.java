package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * One cycle file of a domain's log: a contiguous LSN range in one file.
 *
 * <p>The positions are published by volatile writes. The writer moves {@code appendedPosition} and
 * then {@code lastLsn}, after the bytes are in the file; the force thread moves {@code
 * forcedPosition} after a force that began when the bytes were there; readers go up to {@code
 * forcedPosition}.
 */
final class CycleFile {

  private static final ByteBuffer HEAD_ZEROS =
      ByteBuffer.allocateDirect(2 * RunAppender.HEAD_BYTES_MAX).asReadOnlyBuffer();

  final Path path;
  final int run;
  final long fileId;
  final long firstLsn;

  /** Less than {@code firstLsn} while the file holds no record that has an LSN. */
  volatile long lastLsn;

  /** End of the last complete document, bytes. */
  volatile long appendedPosition;

  /** Everything before it is complete and forced, bytes. */
  volatile long forcedPosition;

  /** The appended position when the running force began; the force thread's own. */
  long forcingPosition;

  /** Set by the writer when nothing will be appended any more. */
  volatile boolean sealed;

  /**
   * The file's directory entry is durable; of the force thread, and when it has ended of who
   * closes.
   */
  private boolean entryForced;

  /** Readers that have the file open; guarded by {@link RetainedFiles}. */
  int pins;

  /** The file is being given up; guarded by {@link RetainedFiles}. */
  boolean leaving;

  private final Disk disk;
  private final FileChannel channel;

  private CycleFile(
      Disk disk, Path path, int run, long fileId, long firstLsn, FileChannel channel) {
    this.disk = disk;
    this.path = path;
    this.run = run;
    this.fileId = fileId;
    this.firstLsn = firstLsn;
    this.lastLsn = firstLsn - 1;
    this.channel = channel;
  }

  /** A file to append to. The channel belongs to it from here on. */
  static CycleFile toAppend(
      Disk disk, Path path, int run, long fileId, long firstLsn, FileChannel channel) {
    return new CycleFile(disk, path, run, fileId, firstLsn, channel);
  }

  /** A file that recovery found, forced and verified up to {@code position}. */
  static CycleFile recovered(
      Path path, int run, long fileId, long firstLsn, long lastLsn, long position) {
    CycleFile file = new CycleFile(null, path, run, fileId, firstLsn, null);
    file.lastLsn = lastLsn;
    file.appendedPosition = position;
    file.forcedPosition = position;
    file.sealed = true;
    file.entryForced = true;
    return file;
  }

  /**
   * Zeroes the part where Chronicle puts its own headers through the mapping, and keeps its rule
   * that unwritten means zero. A disk that fails does so here, with an {@code IOException}, and not
   * with a memory fault in the mapped write that follows.
   */
  void zeroHead() throws IOException {
    write(HEAD_ZEROS.duplicate().clear(), 0);
  }

  /** Writes from position to limit, past the mapping but into the same page cache. */
  void write(ByteBuffer content, long positionBytes) throws IOException {
    disk.write(channel, content, positionBytes);
  }

  /** Reads until the buffer is full or the file ends, past the mapping. */
  void read(ByteBuffer into, long positionBytes) throws IOException {
    int count = 0;
    while (into.hasRemaining() && count >= 0) {
      count = channel.read(into, positionBytes + into.position());
    }
  }

  void appended(long positionBytes, long lsn) {
    appendedPosition = positionBytes;
    lastLsn = lsn;
  }

  /** Makes durable what was written so far, and that the file is where it is. */
  void force(CyclePool pool) throws IOException {
    disk.force(channel);
    if (!entryForced) {
      disk.forceDirectory(path.getParent());
      pool.forceDirectory();
      entryForced = true;
    }
  }

  /** Idempotent. */
  void closeChannel() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
