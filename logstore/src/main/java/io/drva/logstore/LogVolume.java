package io.drva.logstore;

import io.drva.logstore.DomainDirectory.Place;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * The log store volume: a directory with a fixed number of cycle files, written in full when it is
 * created, that the domains' logs use in turn. One process has it open at a time. What lies where
 * is at {@link VolumeLayout}.
 *
 * <p>All methods may be called by any thread. A failure of the disk that one log meets stops all
 * logs of the volume, since they share it; a defect in what serves one domain stops that log only.
 */
public final class LogVolume implements AutoCloseable {

  /**
   * What must be left on the file system besides the volume: directories, descriptors, and the
   * metadata that Chronicle makes for each run, which is why a log is not opened without it, bytes.
   */
  private static final long SLACK_BYTES = 1 << 20;

  private static final ForceListener NO_LISTENER =
      new ForceListener() {
        @Override
        public void forced(long lsn, long forceNanos) {
          // Nobody waits for it.
        }

        @Override
        public void failed(Throwable cause) {
          // Whoever closes the log is told.
        }
      };

  private final VolumeLayout layout;
  private final VolumeOptions options;
  private final Disk disk;
  private final VolumeLock lock;
  private final CyclePool pool;

  /** Written under this object's lock. */
  private volatile VolumeDescriptor descriptor;

  /** Of all domains of the volume, open or not; guarded by this. */
  private final Map<String, CyclePool.Share> shares = new HashMap<>();

  /** Of domains that have no log yet; guarded by this. */
  private final Map<String, CyclePool.Share> reserved = new HashMap<>();

  /** Open logs by domain. Changed under this object's lock; looked at by force threads without. */
  private final Map<String, DomainLog> logs = new ConcurrentHashMap<>();

  /** Held while files are written for the first time; taken before this object's lock. */
  private final ReentrantLock growing = new ReentrantLock();

  /** Why the volume stopped; the first cause. */
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** Guarded by this. */
  private boolean closed;

  /**
   * Makes a volume in an absent or empty directory, or where an earlier call was interrupted.
   *
   * @param written told of the bytes written, piece by piece; {@code size.sizeBytes()} in all, or a
   *     little less
   * @throws VolumeException when the directory holds something else, or the file system is too
   *     small
   */
  public static void create(Path directory, VolumeSize size, LongConsumer written)
      throws IOException {
    create(directory, size, written, new SystemDisk());
  }

  static void create(Path directory, VolumeSize size, LongConsumer written, Disk disk)
      throws IOException {
    VolumeLayout layout = new VolumeLayout(directory);
    try {
      Files.createDirectories(directory);
    } catch (FileAlreadyExistsException e) {
      throw new VolumeException(directory, "not a directory", "choose another path");
    } catch (FileSystemException e) {
      throw new VolumeException(
          directory, "cannot be made: " + reason(e), "check the path and its permissions");
    }
    String foreign = layout.foreign();
    if (foreign != null) {
      throw new VolumeException(
          directory, "not empty: it holds " + foreign, "choose an empty directory");
    }
    try (VolumeLock _ = VolumeLock.exclusive(layout)) {
      if (Files.exists(layout.descriptor())) {
        throw new VolumeException(
            directory, "there is a volume already", "use it, or choose another path");
      }
      layout.requireNoLogs();
      if (Files.exists(layout.pool())) { // A creation that was not finished.
        new CyclePool(disk, layout.pool(), size.cycleBytes()).tidy(0);
      }
      requireRoom(layout, size.usedBytes());
      makeDirectory(disk, layout.pool());
      makeDirectory(disk, layout.domains());
      CyclePool pool = new CyclePool(disk, layout.pool(), size.cycleBytes());
      while (pool.cycles() < size.cycles()) {
        pool.add(pool.write(written));
      }
      new VolumeDescriptor(UUID.randomUUID(), size.ofCycles(size.cycles())).write(disk, directory);
    }
  }

  /**
   * Opens a volume.
   *
   * @throws VolumeException when another process has it open, when there is none, or it is newer,
   *     damaged, or lacks files
   */
  public static LogVolume open(Path directory, VolumeOptions options) throws IOException {
    return open(directory, options, new SystemDisk());
  }

  static LogVolume open(Path directory, VolumeOptions options, Disk disk) throws IOException {
    LogVolume volume = openAsItIs(directory, options, disk);
    try {
      volume.requireComplete();
      return volume;
    } catch (IOException | RuntimeException e) {
      volume.close();
      throw e;
    }
  }

  private static LogVolume openAsItIs(Path directory, VolumeOptions options, Disk disk)
      throws IOException {
    new VolumeLayout(directory).describe();
    VolumeLayout layout = new VolumeLayout(directory.toRealPath());
    VolumeLock lock = VolumeLock.exclusive(layout);
    try {
      return new LogVolume(layout, options, disk, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private LogVolume(VolumeLayout layout, VolumeOptions options, Disk disk, VolumeLock lock)
      throws IOException {
    this.layout = layout;
    this.options = options;
    this.disk = disk;
    this.lock = lock;
    this.descriptor = layout.describe();
    forceNames();
    this.pool = new CyclePool(disk, layout.pool(), descriptor.size().cycleBytes());
    for (String domain : layout.domainNames()) {
      shares.put(domain, pool.join(domainDirectory(domain).cycleFiles().size()));
    }
    for (DomainDirectory leftover : layout.leftovers(descriptor.id())) {
      giveBack(leftover, pool.join(leftover.cycleFiles().size()));
    }
  }

  /**
   * Makes durable whatever a process that was killed has created, renamed or deleted, before
   * anything builds on it: a domain's directory that is found would not be forced any more, and a
   * file that is found in the pool would be overwritten, while a power loss could still put it back
   * where it came from.
   */
  private void forceNames() throws IOException {
    disk.forceDirectory(layout.root());
    disk.forceDirectory(layout.pool());
    disk.forceDirectory(layout.domains());
    for (DomainDirectory log : layout.logs(descriptor.id())) {
      log.force(disk);
    }
    for (DomainDirectory leftover : layout.leftovers(descriptor.id())) {
      leftover.force(disk);
    }
  }

  /** Every file that the descriptor counts must be there: one that is not may have held records. */
  private void requireComplete() throws IOException {
    int cycles = descriptor.size().cycles();
    if (pool.cycles() < cycles) {
      throw new VolumeException(
          layout.root(),
          (cycles - pool.cycles()) + " of its " + cycles + " log files are missing or cut short",
          "restore them; or, if that cannot be, compare the chain and the hosts with what 'drva"
              + " volume check' finds, for any log may have lost its newest records with them, and"
              + " have files written in their place with 'drva volume grow --size "
              + descriptor.size().sizeBytes()
              + "'");
    }
    pool.tidy(cycles); // A growth that was interrupted may have left one more.
    if (!pool.fits()) {
      throw new VolumeException(
          layout.root(),
          "its logs hold or have a right to " + pool.claimed() + " log files, but it has " + cycles,
          "have it grow with 'drva volume grow'");
    }
  }

  private static void makeDirectory(Disk disk, Path directory) throws IOException {
    if (Files.notExists(directory)) {
      disk.createDirectory(directory);
      disk.forceDirectory(directory.getParent());
    }
  }

  private static void requireRoom(VolumeLayout layout, long bytes) throws IOException {
    long usableBytes = Files.getFileStore(layout.root()).getUsableSpace();
    if (usableBytes < bytes + SLACK_BYTES) {
      throw new VolumeException(
          layout.root(),
          "the file system has "
              + ByteCount.text(usableBytes)
              + " free, and "
              + ByteCount.text(bytes + SLACK_BYTES)
              + " are needed",
          "make room on it");
    }
  }

  /**
   * Ends a damaged log of a volume that no process has open before the damage, for good: what lies
   * behind is given back, and its host filters must resync. What that is, {@link VolumeCheck} says.
   *
   * @return the last LSN that is left
   * @throws VolumeException when the log is not damaged, or nothing of it is intact
   */
  public static long truncate(Path directory, String domain) throws IOException {
    try (LogVolume volume = open(directory, VolumeOptions.defaults())) {
      return volume.truncate(domain);
    }
  }

  private synchronized long truncate(String domain) throws IOException {
    CyclePool.Share share = requireShare(domain);
    DomainDirectory place = domainDirectory(domain);
    DomainRecovery recovery = recover(place);
    if (recovery.damage().isEmpty()) {
      throw new VolumeException(
          layout.root(), "the log of domain " + domain + " is not damaged", "leave it as it is");
    }
    if (recovery.files().isEmpty()) {
      throw new VolumeException(
          layout.root(),
          "nothing of the log of domain " + domain + " is intact",
          "remove it with 'drva volume discard'");
    }
    // The next run's first LSN says from now on where the log before it ends.
    int cycles = recovery.files().size();
    DomainLog log = openRecovered(place, share, recovery, NO_LISTENER);
    log.close();
    if (log.bytesUsed() == (long) cycles * pool.cycleBytes()) {
      throw new VolumeException(
          layout.root(),
          "no log file is free for the log of domain " + domain + " to go on in",
          "have the volume grow by one with 'drva volume grow', then do this again");
    }
    return log.lastLsn();
  }

  /**
   * Gives back all that the log of a domain holds, on a volume that no process has open. As {@link
   * #removeDomain}.
   */
  public static void discard(Path directory, String domain) throws IOException {
    try (LogVolume volume = open(directory, VolumeOptions.defaults())) {
      volume.removeDomain(domain);
    }
  }

  private CyclePool.Share requireShare(String domain) throws VolumeException {
    CyclePool.Share share = shares.get(domain);
    if (share == null) {
      throw new VolumeException(
          layout.root(),
          "has no log of domain " + domain,
          "see with 'drva volume show' which it has");
    }
    return share;
  }

  private static String reason(FileSystemException e) {
    return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
  }

  /**
   * Has a volume that no process has open grow to a size; one of which files are missing becomes
   * whole again. As {@link #grow(long, LongConsumer)}.
   */
  public static void grow(Path directory, long sizeBytes, LongConsumer written) throws IOException {
    try (LogVolume volume = openAsItIs(directory, VolumeOptions.defaults(), new SystemDisk())) {
      volume.grow(sizeBytes, written);
    }
  }

  /**
   * Has the volume grow, while its logs are used. What is written by the time of a failure stays.
   *
   * @param sizeBytes the size that it shall have
   * @param written told of the bytes written, piece by piece
   * @throws VolumeException when the file system has no room for it, or the volume is larger
   * @throws IllegalArgumentException when the size is impossible
   */
  public void grow(long sizeBytes, LongConsumer written) throws IOException {
    growing.lock();
    try {
      requireWorking();
      VolumeSize present = descriptor.size();
      VolumeSize wanted = new VolumeSize(sizeBytes, present.cycleBytes());
      if (wanted.cycles() < present.cycles()) {
        throw new VolumeException(
            layout.root(),
            "has " + ByteCount.text(present.sizeBytes()) + ", and a volume does not shrink",
            "give at least its size");
      }
      requireRoom(layout, (long) (wanted.cycles() - pool.cycles()) * present.cycleBytes());
      while (pool.cycles() < wanted.cycles()) {
        addFile(pool.write(written));
      }
    } finally {
      growing.unlock();
    }
  }

  private synchronized void addFile(Path file) throws IOException {
    requireWorking();
    VolumeSize size = descriptor.size();
    if (pool.cycles() + 1 > size.cycles()) {
      VolumeDescriptor larger =
          new VolumeDescriptor(descriptor.id(), size.ofCycles(pool.cycles() + 1));
      larger.write(disk, layout.root());
      descriptor = larger;
    }
    pool.add(file);
  }

  private synchronized void requireWorking() throws LogStoppedException {
    if (closed || failure.get() != null) {
      throw new LogStoppedException(
          layout.root() + ": the volume is closed or stopped", failure.get());
    }
  }

  /** The domains that have a log on the volume, open or not. */
  public Set<String> domains() throws IOException {
    return layout.domainNames();
  }

  /** The chain that a domain's log is shipped to, without opening it; empty when there is none. */
  public Optional<ChainOfLog> chainOf(String domain) throws IOException {
    return ChainOfLog.read(domainDirectory(domain).path());
  }

  /** As {@link #openDomain(String, LogOrigin, ForceListener)}; a new log starts with LSN 1. */
  public DomainLog openDomain(String domain, ForceListener listener) throws IOException {
    return openDomain(domain, LogOrigin.NONE, listener);
  }

  /**
   * Opens a domain's log, creates it when absent, and recovers what a crash has left. Takes a scan
   * of all retained files.
   *
   * @param origin what the log goes on from if it is new to the volume
   * @param listener called on the log's force thread
   * @throws LogDamagedException when a record that was forced is missing or changed
   * @throws VolumeException when the volume has no room for another domain
   */
  public synchronized DomainLog openDomain(String domain, LogOrigin origin, ForceListener listener)
      throws IOException {
    if (!DomainDirectory.isDomainName(domain)) {
      throw new IllegalArgumentException("not a domain name: " + domain);
    }
    requireWorking();
    DomainLog present = logs.get(domain);
    if (present != null && !present.isClosed()) {
      throw new IllegalStateException("the log of domain " + domain + " is already open");
    }
    requireRoom(layout, 0);
    try {
      if (!shares.containsKey(domain)) {
        make(domain, origin);
      }
      DomainDirectory place = domainDirectory(domain);
      DomainRecovery recovery = recover(place);
      if (recovery.damage().isPresent()) {
        throw recovery.damage().get();
      }
      return openRecovered(place, shares.get(domain), recovery, listener);
    } catch (IOException e) {
      openingFailed(e);
      throw e;
    }
  }

  /**
   * Makes a log that says where it begins, and only then gives it its name: from then on a log of
   * which no file can be used is damaged, and not new.
   */
  private void make(String domain, LogOrigin origin) throws IOException {
    reserve(domain);
    CyclePool.Share share = reserved.get(domain);
    DomainDirectory unfinished = unfinished(domain);
    if (Files.exists(unfinished.path())) {
      clear(unfinished, share); // An attempt failed on the way.
    }
    disk.createDirectory(unfinished.path());
    DomainRecovery beginning = new DomainRecovery(disk, layout, unfinished, pool);
    beginning.begin(origin);
    new DomainLog(unfinished, disk, pool, share, options, NO_LISTENER, this::logFailed, beginning)
        .close();
    try {
      disk.move(unfinished.path(), layout.domain(domain));
      disk.forceDirectory(layout.domains());
    } catch (IOException e) {
      logFailed(e); // The log may have its name, and the name may not be durable.
      throw e;
    }
    shares.put(domain, reserved.remove(domain));
  }

  /**
   * Gives a domain that has no log yet its share of the volume, so that the others cannot borrow
   * it. A log that is made takes it over.
   *
   * @throws VolumeException when there is no room for another domain
   * @throws IOException when the volume has stopped
   */
  public synchronized void reserve(String domain) throws IOException {
    requireWorking();
    requireRoom(layout, 0);
    if (shares.containsKey(domain) || reserved.containsKey(domain)) {
      return;
    }
    if (!pool.fitsAnother()) {
      throw new VolumeException(
          layout.root(),
          "there is no room for another domain: the others hold or have a right to "
              + pool.claimed()
              + " of "
              + pool.cycles()
              + " log files, and a domain needs "
              + LogLimits.CYCLES_PER_DOMAIN_MIN,
          "have it grow with 'drva volume grow', or wait if the others hold what the object store has yet to take");
    }
    reserved.put(domain, pool.join(0));
  }

  /** Takes back what was {@linkplain #reserve reserved} for a domain that still has no log. */
  public synchronized void release(String domain) throws IOException {
    CyclePool.Share share = reserved.get(domain);
    if (share == null || failure.get() != null) {
      return;
    }
    DomainDirectory unfinished = unfinished(domain);
    if (Files.exists(unfinished.path())) {
      try {
        clear(unfinished, share);
      } catch (IOException e) {
        openingFailed(e);
        throw e;
      }
    }
    pool.leave(share);
    reserved.remove(domain);
  }

  private DomainDirectory unfinished(String domain) {
    return new DomainDirectory(descriptor.id(), domain, layout.unfinished(domain));
  }

  private DomainRecovery recover(DomainDirectory place) throws IOException {
    DomainRecovery recovery = new DomainRecovery(disk, layout, place, pool);
    recovery.force();
    recovery.run(_ -> {});
    return recovery;
  }

  private DomainLog openRecovered(
      DomainDirectory place, CyclePool.Share share, DomainRecovery recovery, ForceListener listener)
      throws IOException {
    recovery.giveBackSurplus(share);
    DomainLog log =
        new DomainLog(place, disk, pool, share, options, listener, this::logFailed, recovery);
    logs.put(place.domain(), log);
    // Another log may have failed after the check above; logFailed looks at logs after it has set
    // failure, so it has seen this log or we see the failure.
    Throwable cause = failure.get();
    if (cause != null) {
      log.stop(cause);
    }
    return log;
  }

  private DomainDirectory domainDirectory(String domain) {
    return new DomainDirectory(descriptor.id(), domain, layout.domain(domain));
  }

  /**
   * Gives back what a domain's log holds; after this the domain has no log here. A crash in between
   * leaves a log that is gone all the same, and the next opening of the volume gives back the rest.
   *
   * @throws IllegalStateException when the log is open
   */
  public synchronized void removeDomain(String domain) throws IOException {
    DomainLog present = logs.get(domain);
    if (present != null && !present.isClosed()) {
      throw new IllegalStateException("the log of domain " + domain + " is open");
    }
    CyclePool.Share share = requireShare(domain);
    logs.remove(domain);
    try {
      disk.move(layout.domain(domain), layout.removed(domain));
      disk.forceDirectory(layout.domains());
      giveBack(new DomainDirectory(descriptor.id(), domain, layout.removed(domain)), share);
      shares.remove(domain);
    } catch (IOException e) {
      logFailed(e);
      throw e;
    }
  }

  private void giveBack(DomainDirectory leftover, CyclePool.Share share) throws IOException {
    clear(leftover, share);
    pool.leave(share);
  }

  private void clear(DomainDirectory leftover, CyclePool.Share share) throws IOException {
    for (Place file : leftover.cycleFiles()) {
      share.recycle(file.path());
    }
    for (DomainDirectory.Run run : leftover.runs()) {
      leftover.deleteRun(disk, run);
    }
    try (DirectoryStream<Path> rest = Files.newDirectoryStream(leftover.path())) {
      for (Path file : rest) {
        disk.delete(file);
      }
    }
    disk.delete(leftover.path());
    disk.forceDirectory(layout.domains());
  }

  /**
   * A failed write or force says that the disk fails; a file that cannot be opened, or a file
   * system that is full, concerns the domain only.
   */
  private void openingFailed(IOException cause) {
    boolean ofTheDomain =
        cause instanceof FileSystemException
            || cause instanceof VolumeException
            || cause instanceof LogDamagedException;
    if (!ofTheDomain) {
      logFailed(cause);
    }
  }

  /** Runs on the force thread of the log that failed, or on the thread that opens or closes it. */
  private void logFailed(Throwable cause) {
    if (isOfTheDisk(cause)) {
      failure.compareAndSet(null, cause);
      logs.values().forEach(log -> log.stop(cause));
    }
  }

  /**
   * An I/O error, or the memory fault that an I/O error under a mapping becomes; not what a thread
   * meets that was interrupted.
   */
  private static boolean isOfTheDisk(Throwable cause) {
    return switch (cause) {
      case LogFullException _, ClosedByInterruptException _ -> false;
      case IOException _, InternalError _ -> true;
      default -> false;
    };
  }

  public Path path() {
    return layout.root();
  }

  /** Its size now. */
  public VolumeSize size() {
    return descriptor.size();
  }

  /** Why the volume stopped; empty when it did not. */
  public Optional<Throwable> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** The part of it that the logs hold, in whole cycle files, bytes. */
  public long usedBytes() {
    return pool.usedBytes();
  }

  /** Closes all logs, then the volume. The writers must have ended. Idempotent. */
  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    growing.lock(); // Growth ends with the file that it is at.
    try {
      closeLogs();
    } finally {
      growing.unlock();
      lock.close();
    }
  }

  private synchronized void closeLogs() throws IOException {
    IOException first = null;
    for (DomainLog log : logs.values()) {
      try {
        log.close();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
