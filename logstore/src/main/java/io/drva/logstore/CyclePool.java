package io.drva.logstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The volume's budget, counted in cycle files, and the files that wait to be used again.
 *
 * <p>{@code inUse + pooled <= cyclesMax} always holds, and a cycle file never takes more blocks
 * than its share, so the volume never takes more than its budget. All methods may be called by any
 * thread.
 *
 * <p>Why a file is safe to overwrite once it is in the pool:
 *
 * <ol>
 *   <li>A log gives up a file only when its records are replicated and a later file with a complete
 *       snapshot is forced.
 *   <li>The rename into the pool and both directories are forced before the file counts as pooled.
 *   <li>So after a power loss at any moment, either the old directory still has the file with its
 *       old content, or the pool has it. It is never found in its old place with new content.
 * </ol>
 */
final class CyclePool {

  private static final String SUFFIX = ".free";

  private final Disk disk;
  private final Path directory;
  private final int cycleBytes;
  private final int cyclesMax;
  private final ArrayDeque<Path> pooled = new ArrayDeque<>();
  private int inUse;
  private long nextName;

  CyclePool(Disk disk, Path directory, int cycleBytes, int cyclesMax) throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.cycleBytes = cycleBytes;
    this.cyclesMax = cyclesMax;
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      files.forEach(found::add);
    }
    found.sort(null);
    pooled.addAll(found);
    for (Path file : found) {
      String name = file.getFileName().toString();
      nextName =
          Math.max(
              nextName, Long.parseLong(name.substring(0, name.length() - SUFFIX.length())) + 1);
    }
  }

  /**
   * Counts the files that logs hold when the volume is opened, and deletes pooled files beyond the
   * budget, which may have become smaller.
   *
   * @return whether the held files fit
   */
  synchronized boolean adopt(int heldCycles) throws IOException {
    inUse = heldCycles;
    while (!pooled.isEmpty() && inUse + pooled.size() > cyclesMax) {
      Files.delete(pooled.removeLast());
    }
    return inUse <= cyclesMax;
  }

  /** Takes one cycle file's share of the budget; false when there is none left. */
  synchronized boolean reserve() {
    if (inUse == cyclesMax) {
      return false;
    }
    inUse++;
    return true;
  }

  /** Gives a share back that was reserved and not used. */
  synchronized void cancelReservation() {
    inUse--;
  }

  /**
   * Uses a reservation: puts a cycle file, a recycled one if there is any, in place.
   *
   * @return the open file, of which nothing is zeroed yet; its directory entry is not forced
   */
  FileChannel materialize(Path target) throws IOException {
    Path recycled;
    synchronized (this) {
      recycled = pooled.pollFirst();
    }
    if (recycled != null) {
      disk.move(recycled, target);
    }
    return disk.openForAppend(target);
  }

  /**
   * Takes a file that its log has given up. When it returns the file may be overwritten.
   *
   * @param file a cycle file that no one appends to, reads or will open again
   */
  void recycle(Path file) throws IOException {
    Path target;
    synchronized (this) {
      target = directory.resolve(String.format("%012d%s", nextName, SUFFIX));
      nextName++;
    }
    disk.move(file, target);
    disk.forceDirectory(directory);
    disk.forceDirectory(file.getParent());
    synchronized (this) {
      pooled.addLast(target);
      inUse--;
    }
  }

  void forceDirectory() throws IOException {
    disk.forceDirectory(directory);
  }

  synchronized long usedBytes() {
    return (long) inUse * cycleBytes;
  }

  synchronized long budgetBytes() {
    return (long) cyclesMax * cycleBytes;
  }

  int cyclesMax() {
    return cyclesMax;
  }

  int cycleBytes() {
    return cycleBytes;
  }

  /** The most bytes of a cycle file that may be written. */
  int limitBytes() {
    return cycleBytes - LogLimits.CYCLE_OVERHEAD_BYTES;
  }
}
