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
 * than its part of the budget, so the volume never takes more than that. All methods may be called
 * by any thread.
 *
 * <p>Each domain has a {@link Share}: {@value LogLimits#CYCLES_PER_DOMAIN_MIN} files are its own,
 * whatever the other domains do, and it may borrow what nobody has a right to: {@code inUse +
 * promised <= cyclesMax}, where {@code promised} is what the shares could still claim as their own.
 *
 * <p>Why a file is safe to overwrite once it is in the pool:
 *
 * <ol>
 *   <li>A log gives up a file only when its records are replicated and a later file with a complete
 *       snapshot is forced.
 *   <li>The rename into the pool and both directories are forced before the file counts as pooled;
 *       what a killed process had renamed is forced when the volume is opened.
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

  /** What the shares still have a right to. */
  private int promised;

  private long nextName;

  /** What one domain holds of the budget. */
  final class Share {
    private int held;

    private Share(int held) {
      this.held = held;
    }

    private boolean hasRight() {
      return held < LogLimits.CYCLES_PER_DOMAIN_MIN;
    }

    /** Takes one cycle file's part of the budget; false when there is none for this domain now. */
    boolean reserve() {
      synchronized (CyclePool.this) {
        int free = cyclesMax - inUse;
        if (hasRight() ? free == 0 : free <= promised) {
          return false;
        }
        promised -= hasRight() ? 1 : 0;
        held++;
        inUse++;
        return true;
      }
    }

    /** Gives back what was reserved and not used. */
    void cancelReservation() {
      synchronized (CyclePool.this) {
        held--;
        inUse--;
        promised += hasRight() ? 1 : 0;
      }
    }

    /**
     * Uses a reservation: puts a cycle file, a recycled one if there is any, in place.
     *
     * @return the open file, with anything in it; its directory entry is not forced
     */
    FileChannel materialize(Path target) throws IOException {
      return CyclePool.this.materialize(target);
    }

    /**
     * Takes a file that its log has given up. When it returns the file may be overwritten.
     *
     * @param file a cycle file that no one appends to, reads or will open again
     */
    void recycle(Path file) throws IOException {
      CyclePool.this.recycle(file, this);
    }
  }

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
   * A domain's share, given before it is known whether there is room for it: while {@link #fits}
   * says no, nobody can borrow.
   *
   * @param heldCycles the files that its log holds now
   */
  synchronized Share join(int heldCycles) {
    Share share = new Share(heldCycles);
    inUse += heldCycles;
    promised += Math.max(0, LogLimits.CYCLES_PER_DOMAIN_MIN - heldCycles);
    return share;
  }

  /** Takes back a {@link #join} with nothing held. */
  synchronized void leave(Share share) {
    inUse -= share.held;
    promised -= Math.max(0, LogLimits.CYCLES_PER_DOMAIN_MIN - share.held);
  }

  /** Whether what the domains hold and have a right to is within the budget. */
  synchronized boolean fits() {
    return inUse + promised <= cyclesMax;
  }

  /** What the domains hold and have a right to, cycle files. */
  synchronized int claimed() {
    return inUse + promised;
  }

  /** Deletes pooled files beyond the budget, which may have become smaller. */
  synchronized void trim() throws IOException {
    while (!pooled.isEmpty() && inUse + pooled.size() > cyclesMax) {
      disk.delete(pooled.removeLast());
    }
  }

  private FileChannel materialize(Path target) throws IOException {
    Path recycled;
    synchronized (this) {
      recycled = pooled.pollFirst();
    }
    if (recycled == null) {
      return disk.create(target);
    }
    disk.move(recycled, target);
    return disk.openForAppend(target);
  }

  private void recycle(Path file, Share share) throws IOException {
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
    }
    share.cancelReservation();
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
