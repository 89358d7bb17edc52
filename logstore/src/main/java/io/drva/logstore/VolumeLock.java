package io.drva.logstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps a volume to one process, and to one user in it. */
final class VolumeLock implements AutoCloseable {

  /**
   * The volumes that this process has locked. Asked before the lock file is touched: closing any
   * channel of a file drops all locks that the process holds on it.
   */
  private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

  private final Path root;
  private final FileChannel channel;

  private VolumeLock(Path root, FileChannel channel) {
    this.root = root;
    this.channel = channel;
  }

  /** Locks the volume against everybody else. Its directory must be there. */
  static VolumeLock exclusive(VolumeLayout layout) throws IOException {
    return lock(layout, true);
  }

  /** Locks the volume against being changed; writes nothing. */
  static VolumeLock shared(VolumeLayout layout) throws IOException {
    return lock(layout, false);
  }

  private static VolumeLock lock(VolumeLayout layout, boolean exclusive) throws IOException {
    Path root = layout.root().toRealPath();
    if (!LOCKED_HERE.add(root)) {
      throw new VolumeException(root, "this process already has the volume open", "close it first");
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel = exclusive ? openToWrite(layout) : openToRead(layout);
      locked = channel == null || channel.tryLock(0, Long.MAX_VALUE, !exclusive) != null;
    } catch (OverlappingFileLockException e) {
      throw new IllegalStateException(root + ": locked by another part of this process", e);
    } finally {
      if (!locked) {
        LOCKED_HERE.remove(root);
        if (channel != null) {
          channel.close();
        }
      }
    }
    if (!locked) {
      throw new VolumeException(
          root,
          "another process has the volume open",
          "stop it first; a running appliance's volume can grow with 'drva volume grow', without --path");
    }
    return new VolumeLock(root, channel);
  }

  private static FileChannel openToWrite(VolumeLayout layout) throws IOException {
    try {
      return FileChannel.open(layout.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (FileSystemException e) {
      throw new VolumeException(
          layout.root(),
          "cannot be written to: " + (e.getReason() == null ? "permission denied" : e.getReason()),
          "mount it read-write, and check its owner and permissions");
    }
  }

  /** A copy of a volume may have no lock file; nobody has such a one open. */
  private static FileChannel openToRead(VolumeLayout layout) throws IOException {
    return Files.exists(layout.lock())
        ? FileChannel.open(layout.lock(), StandardOpenOption.READ)
        : null;
  }

  @Override
  public void close() throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      LOCKED_HERE.remove(root);
    }
  }
}
