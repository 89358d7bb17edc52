package io.drva.logstore;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The log store volume: a directory with a fixed size budget that holds the domains' logs. One
 * process has it open at a time.
 *
 * <pre>
 *   lock                                   held while the volume is open
 *   volume                                 the descriptor, see VolumeDescriptor
 *   pool/NNNNNNNNNNNN.free                 cycle files that wait to be used again
 *   domains/NAME/chain                     which chain a domain's log is shipped to, see ChainOfLog
 *   domains/NAME/run-NNNNNNNN/*.cq4        the cycle files of a domain's log, see DomainLog
 * </pre>
 *
 * <p>All methods may be called by any thread. A failure of the disk that one log meets stops all
 * logs of the volume, since they share it; a defect in what serves one domain stops that log only.
 */
public final class LogVolume implements AutoCloseable {

  private static final String LOCK_NAME = "lock";
  private static final String POOL_NAME = "pool";
  private static final String DOMAINS_NAME = "domains";

  /**
   * The volumes that this process has open. Asked before the lock file is touched: closing any
   * channel of a file drops all locks that the process holds on it.
   */
  private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final VolumeOptions options;
  private final Disk disk;
  private final FileChannel lockChannel;
  private final VolumeDescriptor descriptor;
  private final CyclePool pool;

  /** Of all domains of the volume, open or not; guarded by this. */
  private final Map<String, CyclePool.Share> shares = new HashMap<>();

  /** Open logs by domain. Changed under this object's lock; looked at by force threads without. */
  private final Map<String, DomainLog> logs = new ConcurrentHashMap<>();

  /** Why the volume stopped; the first cause. */
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** Guarded by this. */
  private boolean closed;

  /**
   * Opens a volume; makes one when the directory is absent or empty.
   *
   * @throws VolumeException when another process has it open, when the directory holds something
   *     else, a newer or a damaged volume, or when the options do not fit it
   */
  public static LogVolume open(Path directory, VolumeOptions options) throws IOException {
    return open(directory, options, new SystemDisk());
  }

  static LogVolume open(Path path, VolumeOptions options, Disk disk) throws IOException {
    try {
      Files.createDirectories(path);
    } catch (FileAlreadyExistsException e) {
      throw new VolumeException(
          path, "not a directory", "point to the volume or to an empty directory");
    }
    Path directory = path.toRealPath();
    if (!OPEN_HERE.add(directory)) {
      throw new VolumeException(
          directory, "this process already has the volume open", "close it first");
    }
    FileChannel lockChannel = null;
    try {
      lockChannel = lock(directory);
      return new LogVolume(directory, options, disk, lockChannel);
    } catch (IOException | RuntimeException e) {
      if (lockChannel != null) {
        lockChannel.close();
      }
      OPEN_HERE.remove(directory);
      throw e;
    }
  }

  private LogVolume(Path directory, VolumeOptions options, Disk disk, FileChannel lockChannel)
      throws IOException {
    this.directory = directory;
    this.options = options;
    this.disk = disk;
    this.lockChannel = lockChannel;
    this.descriptor = describe();
    createIfAbsent(directory.resolve(POOL_NAME));
    createIfAbsent(directory.resolve(DOMAINS_NAME));
    forceNames();
    this.pool =
        new CyclePool(
            disk, directory.resolve(POOL_NAME), options.cycleBytes(), options.cyclesMax());
    for (String domain : domains()) {
      shares.put(domain, pool.join(domainDirectory(domain).cycleFiles().size()));
    }
    if (!pool.fits()) {
      throw new VolumeException(
          directory,
          "the logs hold or have a right to "
              + pool.claimed()
              + " log files, but its size allows "
              + options.cyclesMax(),
          "open it with at least " + (long) pool.claimed() * options.cycleBytes() + " bytes");
    }
    pool.trim();
  }

  /**
   * Makes durable whatever a process that was killed has created, renamed or deleted. Before
   * anything builds on it: a domain's directory would be found and not be forced any more, and a
   * file that is found in the pool would be overwritten, while a power loss could still put it back
   * where it came from.
   */
  private void forceNames() throws IOException {
    disk.forceDirectory(directory);
    disk.forceDirectory(directory.resolve(POOL_NAME));
    disk.forceDirectory(directory.resolve(DOMAINS_NAME));
    for (String domain : domains()) {
      domainDirectory(domain).force(disk);
    }
  }

  private void createIfAbsent(Path part) throws IOException {
    if (Files.notExists(part)) {
      disk.createDirectory(part);
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve(LOCK_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (channel.tryLock() == null) {
      channel.close();
      throw new VolumeException(
          directory, "another process has the volume open", "stop that process first");
    }
    return channel;
  }

  /** Reads the descriptor, makes one for an empty directory, and checks it against the options. */
  private VolumeDescriptor describe() throws IOException {
    Path file = directory.resolve(VolumeDescriptor.FILE_NAME);
    if (!Files.exists(file)) {
      checkEmpty();
      VolumeDescriptor made =
          new VolumeDescriptor(UUID.randomUUID(), options.sizeBytes(), options.cycleBytes());
      checkFileSystem();
      made.write(disk, directory);
      return made;
    }
    VolumeDescriptor found = VolumeDescriptor.read(file);
    if (found.cycleBytes() != options.cycleBytes()) {
      throw new VolumeException(
          directory,
          "the volume was made with cycleBytes " + found.cycleBytes(),
          "open it with the same, not with " + options.cycleBytes());
    }
    if (found.sizeBytes() == options.sizeBytes()) {
      return found;
    }
    checkFileSystem();
    VolumeDescriptor resized =
        new VolumeDescriptor(found.id(), options.sizeBytes(), options.cycleBytes());
    resized.write(disk, directory);
    return resized;
  }

  /** A directory without a descriptor must hold nothing that is not ours. */
  private void checkEmpty() throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        boolean ours =
            name.equals(LOCK_NAME)
                || name.equals(VolumeDescriptor.FILE_NAME + DurableFile.UNFINISHED);
        if (!ours) {
          throw new VolumeException(
              directory,
              "not a log store volume: it has no descriptor but holds " + name,
              "point to the volume or to an empty directory");
        }
      }
    }
  }

  private void checkFileSystem() throws IOException {
    long totalBytes = Files.getFileStore(directory).getTotalSpace();
    if (totalBytes < options.sizeBytes()) {
      throw new VolumeException(
          directory,
          "the file system is too small: it has " + totalBytes + " bytes",
          "give it at least " + options.sizeBytes() + ", or make the volume smaller");
    }
  }

  /** The domains that have a log on the volume, open or not. */
  public Set<String> domains() throws IOException {
    Set<String> domains = new TreeSet<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(directory.resolve(DOMAINS_NAME))) {
      for (Path entry : entries) {
        domains.add(entry.getFileName().toString());
      }
    }
    return domains;
  }

  /** The chain that a domain's log is shipped to, without opening it; empty when there is none. */
  public Optional<ChainOfLog> chainOf(String domain) throws IOException {
    return ChainOfLog.read(domainDirectory(domain).path());
  }

  /** As {@link #openDomain(String, long, ForceListener)}; a new domain's LSNs start at 1. */
  public DomainLog openDomain(String domain, ForceListener listener) throws IOException {
    return openDomain(domain, 1, listener);
  }

  /**
   * Opens a domain's log, creates it when absent, and recovers what a crash has left. Takes a scan
   * of all retained files.
   *
   * @param firstLsnIfNew the LSN of the first record of a log that has none
   * @param listener called on the log's force thread
   * @throws LogDamagedException when a record that was forced is missing or changed
   * @throws VolumeException when the volume has no room for another domain
   */
  public synchronized DomainLog openDomain(
      String domain, long firstLsnIfNew, ForceListener listener) throws IOException {
    if (!DomainDirectory.isDomainName(domain)) {
      throw new IllegalArgumentException("not a domain name: " + domain);
    }
    if (closed || failure.get() != null) {
      throw new LogStoppedException(directory + ": the volume is closed or stopped", failure.get());
    }
    DomainLog present = logs.get(domain);
    if (present != null && !present.isClosed()) {
      throw new IllegalStateException("the log of domain " + domain + " is already open");
    }
    DomainDirectory place = domainDirectory(domain);
    if (!Files.exists(place.path())) {
      create(place);
    }
    CyclePool.Share share = shares.get(domain);
    DomainRecovery recovery = new DomainRecovery(disk, place, pool, share);
    try {
      recovery.force();
    } catch (IOException e) {
      logFailed(e);
      throw e;
    }
    recovery.run(firstLsnIfNew - 1);
    DomainLog log =
        new DomainLog(
            place, disk, pool, share, options.nanoClock(), listener, this::logFailed, recovery);
    logs.put(domain, log);
    // Another log may have failed after the check above; logFailed looks at logs after it has set
    // failure, so it has seen this log or we see the failure.
    Throwable cause = failure.get();
    if (cause != null) {
      log.stop(cause);
    }
    return log;
  }

  private void create(DomainDirectory place) throws IOException {
    if (!shares.containsKey(place.domain())) {
      CyclePool.Share share = pool.join(0);
      if (!pool.fits()) {
        pool.leave(share);
        throw new VolumeException(
            directory,
            "there is no room for another domain: the others hold or have a right to "
                + pool.claimed()
                + " of "
                + options.cyclesMax()
                + " cycle files, and a domain needs "
                + LogLimits.CYCLES_PER_DOMAIN_MIN,
            "make the volume larger, or wait if the others hold what the object store has yet to take");
      }
      shares.put(place.domain(), share);
    }
    disk.createDirectory(place.path());
    disk.forceDirectory(directory.resolve(DOMAINS_NAME));
  }

  private DomainDirectory domainDirectory(String domain) {
    return new DomainDirectory(
        descriptor.id(), domain, directory.resolve(DOMAINS_NAME).resolve(domain));
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

  /** The budget, bytes: cycle files never take more. */
  public long sizeBytes() {
    return options.sizeBytes();
  }

  /** The part of the budget that the logs hold, in whole cycle files, bytes. */
  public long usedBytes() {
    return pool.usedBytes();
  }

  /** Closes all logs, then the volume. The writers must have ended. Idempotent. */
  @Override
  public synchronized void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
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
    lockChannel.close();
    OPEN_HERE.remove(directory);
    if (first != null) {
      throw first;
    }
  }
}
