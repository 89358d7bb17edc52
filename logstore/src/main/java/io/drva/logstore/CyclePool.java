package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The volume's cycle files: those that wait to be used, and who may use how many.
 *
 * <p>Every file was written in full, and forced, before it counted: appending to one allocates
 * nothing, and so cannot meet a full file system. From then on it is renamed from the pool to a log
 * and back, and never made or deleted: a log has it or the pool has it. All methods may be called
 * by any thread.
 *
 * <p>Each domain has a {@link Share}: {@value LogLimits#CYCLES_PER_DOMAIN_MIN} files are its own,
 * whatever the other domains do, and it may borrow what nobody has a right to: {@code inUse +
 * promised <= cycles}, where {@code promised} is what the shares could still claim as their own.
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

  private static final String FREE = ".free";
  private static final String UNFINISHED = ".new";
  private static final Pattern NAME = Pattern.compile("(\\d{12})\\.free(\\.new)?");
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 20).asReadOnlyBuffer();

  private final Disk disk;
  private final Path directory;
  private final int cycleBytes;
  private final ArrayDeque<Path> pooled = new ArrayDeque<>();

  /** What cannot be used: not written in full, or cut short since. */
  private final List<Path> unusable = new ArrayList<>();

  /** Files of which there is an account: pooled, or in a log. */
  private int cycles;

  /** Files that are in a log, or reserved for one. */
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
        int free = cycles - inUse;
        if (hasRight() ? free == 0 : free <= promised) {
          return false;
        }
        promised -= hasRight() ? 1 : 0;
        held++;
        inUse++;
        return true;
      }
    }

    /** How many files this domain could have, as the others are now. */
    int heldMax() {
      synchronized (CyclePool.this) {
        int right = Math.max(0, LogLimits.CYCLES_PER_DOMAIN_MIN - held);
        int lendable = Math.max(0, cycles - inUse - promised);
        return held + right + lendable;
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
     * Uses a reservation: puts a cycle file in place.
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

  /** Looks at what is there and changes nothing. */
  CyclePool(Disk disk, Path directory, int cycleBytes) throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.cycleBytes = cycleBytes;
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      files.forEach(found::add);
    }
    found.sort(null);
    for (Path file : found) {
      Matcher name = NAME.matcher(file.getFileName().toString());
      if (name.matches()) {
        boolean usable = name.group(2) == null && Files.size(file) >= limitBytes();
        (usable ? pooled : unusable).add(file);
        nextName = Math.max(nextName, Long.parseLong(name.group(1)) + 1);
      }
    }
    cycles = pooled.size();
  }

  /**
   * A domain's share, given before it is known whether there is room for it: while {@link #fits}
   * says no, nobody can borrow.
   *
   * @param heldCycles the files that its log holds now
   */
  synchronized Share join(int heldCycles) {
    Share share = new Share(heldCycles);
    cycles += heldCycles;
    inUse += heldCycles;
    promised += Math.max(0, LogLimits.CYCLES_PER_DOMAIN_MIN - heldCycles);
    return share;
  }

  /** Takes back a {@link #join} of a domain that holds nothing. */
  synchronized void leave(Share share) {
    if (share.held != 0) {
      throw new IllegalStateException("a domain leaves the pool with " + share.held + " files");
    }
    promised -= LogLimits.CYCLES_PER_DOMAIN_MIN;
  }

  /** Whether there is room for another domain. */
  synchronized boolean fitsAnother() {
    return inUse + promised + LogLimits.CYCLES_PER_DOMAIN_MIN <= cycles;
  }

  /** Whether what the domains hold and have a right to is there. */
  synchronized boolean fits() {
    return inUse + promised <= cycles;
  }

  /** What the domains hold and have a right to, cycle files. */
  synchronized int claimed() {
    return inUse + promised;
  }

  /** Deletes what cannot be used, and pooled files until there are no more than so many in all. */
  synchronized void tidy(int cyclesMax) throws IOException {
    for (Path file : unusable) {
      disk.delete(file);
    }
    unusable.clear();
    while (!pooled.isEmpty() && cycles > cyclesMax) {
      disk.delete(pooled.removeLast());
      cycles--;
    }
    disk.forceDirectory(directory);
  }

  /**
   * Writes another cycle file in full. It counts when it is {@link #add}ed.
   *
   * @param written told of the bytes written, piece by piece
   */
  Path write(LongConsumer written) throws IOException {
    Path file = newFree();
    Path unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
    try (FileChannel channel = disk.create(unfinished)) {
      fill(channel, written);
    } catch (IOException e) {
      try {
        disk.delete(unfinished);
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
    disk.move(unfinished, file);
    disk.forceDirectory(directory);
    return file;
  }

  /** In pieces that are forced one by one: the logs are in use, and must not wait for all of it. */
  private void fill(FileChannel channel, LongConsumer written) throws IOException {
    for (long at = 0; at < limitBytes(); at += ZEROS.capacity()) {
      int bytes = (int) Math.min(ZEROS.capacity(), limitBytes() - at);
      disk.write(channel, ZEROS.duplicate().clear().limit(bytes), at);
      disk.force(channel);
      written.accept(bytes);
    }
  }

  /** Takes a file that {@link #write} returned. */
  synchronized void add(Path file) {
    pooled.addLast(file);
    cycles++;
  }

  /** A name in the pool that no file has had. */
  private synchronized Path newFree() {
    return directory.resolve(String.format("%012d%s", nextName++, FREE));
  }

  private FileChannel materialize(Path target) throws IOException {
    Path pooledFile;
    synchronized (this) {
      pooledFile = pooled.removeFirst(); // There is one: it is reserved.
    }
    try {
      disk.move(pooledFile, target);
      return disk.openForAppend(target);
    } catch (IOException e) {
      putBack(pooledFile, target, e);
      throw e;
    }
  }

  /** The reservation is not used then. */
  private void putBack(Path pooledFile, Path target, IOException cause) {
    try {
      if (Files.exists(target)) {
        disk.move(target, pooledFile);
      }
      synchronized (this) {
        pooled.addFirst(pooledFile);
      }
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  private void recycle(Path file, Share share) throws IOException {
    if (Files.size(file) < limitBytes()) {
      try (FileChannel channel = disk.openForAppend(file)) {
        fill(channel, _ -> {}); // It was cut, and would allocate when it is used again.
      }
    }
    Path target = newFree();
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

  synchronized long sizeBytes() {
    return (long) cycles * cycleBytes;
  }

  /** All cycle files, in the pool and in logs. */
  synchronized int cycles() {
    return cycles;
  }

  int cycleBytes() {
    return cycleBytes;
  }

  /** The bytes of a cycle file that are written in advance, and the most that may be used. */
  int limitBytes() {
    return cycleBytes - LogLimits.CYCLE_OVERHEAD_BYTES;
  }
}
