package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The replication log of one protected domain: records in the order of dense LSNs, durable once
 * forced.
 *
 * <p>The writer appends records to a group in memory and hands the group on with {@link #flush}: to
 * the file, and to the force thread. Until then nobody but the writer knows of them.
 *
 * <p>Threads: one thread, the writer, calls everything under "the writer's"; the first append binds
 * it. A force thread of the log's own makes appends durable and tells the {@link ForceListener}.
 * Each {@link LogReader} has its consumer thread. The rest may be called by any thread. Do not
 * interrupt the writer: an interrupt closes the file under it and stops the log.
 *
 * <p>Errors: an I/O error or memory fault stops the log for good; {@link #forcedLsn} does not move
 * again and every append throws {@link LogStoppedException}. What was forced can still be read.
 */
public final class DomainLog implements AutoCloseable {

  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0," + (LogLimits.NAME_BYTES_MAX - 1) + "}");
  private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

  private final String domain;
  private final DomainDirectory directory;
  private final Disk disk;
  private final CyclePool pool;
  private final CyclePool.Share share;
  private final DomainState state;
  private final Forcer forcer;
  private final Consumer<Throwable> onFailure;
  private final RetainedFiles files;

  /** The writer's. */
  private final LogTail tail;

  private final ReentrantLock readersLock = new ReentrantLock();
  private final Condition forcedMoved;

  /** The record being appended; the writer's. */
  private final RecordHeader header = new RecordHeader();

  private final ByteBuffer scratch = ByteBuffer.allocate(4 * LogLimits.NAME_BYTES_MAX);
  private final CRC32C crc = new CRC32C();
  private Thread writer;
  private volatile long lastLsn;
  private volatile boolean closing;
  private volatile boolean closed;

  DomainLog(
      DomainDirectory directory,
      Disk disk,
      CyclePool pool,
      CyclePool.Share share,
      VolumeOptions options,
      ForceListener listener,
      Consumer<Throwable> onFailure,
      DomainRecovery recovered)
      throws IOException {
    this.domain = directory.domain();
    this.directory = directory;
    this.disk = disk;
    this.pool = pool;
    this.share = share;
    this.state = recovered.state();
    this.onFailure = onFailure;
    this.lastLsn = recovered.lastLsn();
    this.forcedMoved = options.conditions().apply(readersLock);
    this.files =
        new RetainedFiles(directory, disk, share, recovered.files(), recovered.releasedLsn());
    this.forcer =
        new Forcer(
            domain, pool, options, listener, this::signalReaders, onFailure, recovered.lastLsn());
    this.tail = new LogTail(directory, disk, pool, share, files, forcer, listener);
    try {
      if (tail.reserve()) {
        tail.roll(state, lastLsn); // So that the first append finds everything in place.
      }
    } catch (IOException | RuntimeException | Error e) {
      tail.close();
      files.close();
      throw e;
    }
    forcer.start();
  }

  // ---- the writer's ----

  /**
   * Appends a WRITE, ZERO, DISCARD or BASELINE. It is durable when the listener is told of its LSN,
   * which takes a {@link #flush}.
   *
   * @param seq exactly the host's last sequence number + 1
   * @param dataCrc32c CRC-32C of the data as the host sent it, already verified; 0 without data
   * @param data WRITE and BASELINE: exactly {@code lengthBytes} from position to limit, copied
   *     before this returns, position and limit untouched; others: empty
   * @return the record's LSN
   * @throws LogFullException when the budget does not allow it; nothing was changed
   * @throws IllegalArgumentException when the record may not come next; nothing was changed
   */
  public long append(
      int type,
      int flags,
      int host,
      long seq,
      int disk,
      long offsetBytes,
      int lengthBytes,
      long timeMicros,
      int dataCrc32c,
      ByteBuffer data)
      throws IOException {
    checkWriter();
    if (!RecordType.isExtent(type)) {
      throw new IllegalArgumentException(domain + ": type " + type + " is not an extent's");
    }
    if (flags != (flags & RecordHeader.FLAGS_MASK)) {
      throw new IllegalArgumentException(domain + ": flags " + flags + " do not fit 16 bits");
    }
    header.flags = flags;
    header.host = host;
    header.seq = seq;
    header.disk = disk;
    header.offsetBytes = offsetBytes;
    header.lengthBytes = lengthBytes;
    header.timeMicros = timeMicros;
    header.dataCrc32c = dataCrc32c;
    return appendRecord(type, data);
  }

  /**
   * Appends HOST_ATTACHED: an incarnation of a host begins, its sequence numbers start again at 1.
   *
   * @param host the host's number: the one that {@link #hosts} has for the name, or a new one
   * @param name ASCII, at most {@value LogLimits#NAME_BYTES_MAX} bytes
   * @param incarnation exactly {@value LogLimits#INCARNATION_BYTES} bytes
   */
  public long attachHost(int host, String name, byte[] incarnation, long timeMicros)
      throws IOException {
    checkWriter();
    checkName(name);
    if (incarnation.length != LogLimits.INCARNATION_BYTES) {
      throw new IllegalArgumentException(
          domain + ": an incarnation of " + incarnation.length + " bytes");
    }
    scratch.clear().put(incarnation);
    DomainState.putName(scratch, name);
    controlHeader(host, 0, 0, 0, timeMicros);
    return appendRecord(RecordType.HOST_ATTACHED, scratch.flip());
  }

  /** Appends HOST_CLOSED: the host ended its session in order. */
  public long closeHost(int host, long timeMicros) throws IOException {
    checkWriter();
    controlHeader(host, 0, 0, 0, timeMicros);
    return appendRecord(RecordType.HOST_CLOSED, NO_DATA);
  }

  /**
   * Appends DISK_OPENED: the disk exists from here on with this capacity, or grows to it.
   *
   * @param host the host that opened it
   * @param disk the disk's number: the one that {@link #disks} has for the names, or a new one
   */
  public long openDisk(
      int host,
      int disk,
      String vm,
      String diskName,
      long capacityBytes,
      int sectorBytes,
      long timeMicros)
      throws IOException {
    checkWriter();
    checkName(vm);
    checkName(diskName);
    scratch.clear();
    DomainState.putName(scratch, vm);
    DomainState.putName(scratch, diskName);
    controlHeader(host, disk, capacityBytes, sectorBytes, timeMicros);
    return appendRecord(RecordType.DISK_OPENED, scratch.flip());
  }

  /**
   * Whether an append with so much data would fit within the volume's budget now. When it says yes
   * it has also made sure of it: another domain cannot take the space away. When it says no it has
   * flushed, so that what was appended gets replicated and released, which makes space.
   */
  public boolean hasSpace(int dataBytes) throws IOException {
    checkWriter();
    if (tail.fits(dataBytes) || reserveCycle()) {
      return true;
    }
    flush();
    return false;
  }

  /**
   * Hands what was appended to the file and to the force thread. To be called when nothing more is
   * at hand; a group that is full is handed on by the append that it has no room for.
   */
  public void flush() throws IOException {
    checkWriter();
    try {
      tail.flush();
    } catch (Throwable t) {
      throw stopped(t);
    }
  }

  /** The hosts as of {@link #lastLsn}. */
  public List<HostState> hosts() {
    checkThread();
    return state.hosts();
  }

  /** The disks as of {@link #lastLsn}. */
  public List<DiskState> disks() {
    checkThread();
    return state.disks();
  }

  /** The latest time of any record up to {@link #lastLsn}; 0 when there is none. */
  public long lastTimeMicros() {
    checkThread();
    return state.lastTimeMicros();
  }

  private void controlHeader(
      int host, int diskNumber, long offsetBytes, int lengthBytes, long timeMicros) {
    header.flags = 0;
    header.host = host;
    header.seq = 0;
    header.disk = diskNumber;
    header.offsetBytes = offsetBytes;
    header.lengthBytes = lengthBytes;
    header.timeMicros = timeMicros;
  }

  private long appendRecord(int type, ByteBuffer data) throws IOException {
    header.type = type;
    header.dataLengthBytes = data.remaining();
    if (header.dataLengthBytes > LogLimits.DATA_BYTES_MAX) {
      throw new IllegalArgumentException(
          domain + ": " + header.dataLengthBytes + " bytes of data are more than one record holds");
    }
    String refusal = state.refusal(header, data);
    if (refusal != null) {
      throw new IllegalArgumentException(
          domain + ": cannot append after LSN " + lastLsn + ": " + refusal);
    }
    if (!RecordType.isExtent(type)) {
      header.dataCrc32c = crcOf(data);
    }
    boolean roll = !tail.fits(header.dataLengthBytes);
    if (roll && !reserveCycle()) {
      throw new LogFullException(domain, lastLsn, pool.sizeBytes());
    }
    try {
      if (roll) {
        tail.roll(state, lastLsn);
      }
      long lsn = lastLsn + 1;
      tail.append(header, lsn, data);
      state.apply(header, data);
      lastLsn = lsn;
      return lsn;
    } catch (Throwable t) {
      // Also InternalError: a fault in the mapped file.
      throw stopped(t);
    }
  }

  private boolean reserveCycle() throws IOException {
    if (tail.reserve()) {
      return true;
    }
    recycleReleased();
    return tail.reserve();
  }

  private int crcOf(ByteBuffer data) {
    if (!data.hasRemaining()) {
      return 0;
    }
    int position = data.position();
    crc.reset();
    crc.update(data);
    data.position(position);
    return (int) crc.getValue();
  }

  private static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a host, machine or disk name: " + name);
    }
  }

  private void checkWriter() throws LogStoppedException {
    checkThread();
    if (writer == null) {
      writer = Thread.currentThread();
    }
    if (closing) {
      throw new LogStoppedException("log of domain " + domain + " is closed", null);
    }
    Throwable failure = forcer.failure();
    if (failure != null) {
      throw stoppedBy(failure);
    }
  }

  private void checkThread() {
    if (writer != null && writer != Thread.currentThread()) {
      throw new IllegalStateException(
          "log of domain "
              + domain
              + " belongs to thread "
              + writer.getName()
              + ", not to "
              + Thread.currentThread().getName());
    }
  }

  // ---- any thread's ----

  /** The direct memory that a log with one reader takes, bytes. */
  public static int directBytes() {
    return RecordGroup.DIRECT_BYTES + CycleScanner.DIRECT_BYTES;
  }

  /** The LSN of the last record appended; one less than the first LSN when there is none. */
  public long lastLsn() {
    return lastLsn;
  }

  /** Every record up to this is durable. */
  public long forcedLsn() {
    return forcer.forcedLsn();
  }

  /** The oldest LSN that can still be read; {@link #lastLsn} + 1 when there is none. */
  public long firstLsn() {
    return files.firstLsn(lastLsn + 1);
  }

  /** The part of the volume's budget that this log's files take, bytes. */
  public long bytesUsed() {
    return (long) files.count() * pool.cycleBytes();
  }

  /** What the log's files are filled with, of all that it could have now, 0 to 1. */
  public double filled() {
    double usedBytes = (double) files.count() * pool.limitBytes() - tail.freeBytes();
    return usedBytes / ((double) share.heldMax() * pool.limitBytes());
  }

  /** How many forces have completed since the log was opened. */
  public long forces() {
    return forcer.forces();
  }

  /** The chain that the log is shipped to; empty before the first {@link #bindChain}. */
  public Optional<ChainOfLog> chain() throws IOException {
    return ChainOfLog.read(directory.path());
  }

  /** Says, durably, which chain the log is shipped to from now on, and in which term. */
  public void bindChain(ChainOfLog chain) throws IOException {
    chain.write(disk, directory.path());
  }

  /**
   * A reader of the records from {@code fromLsn} on.
   *
   * @throws IllegalArgumentException when that record has been recycled, or is not the next one
   */
  public LogReader reader(long fromLsn) {
    long first = firstLsn();
    if (fromLsn < first || fromLsn > lastLsn + 1) {
      throw new IllegalArgumentException(
          domain + ": LSN " + fromLsn + " is outside " + first + " to " + (lastLsn + 1));
    }
    return new LogReader(this, fromLsn);
  }

  /**
   * Says that every record up to {@code lsn} is replicated: files wholly below are recycled, except
   * the newest and those that a reader has open (they follow at the next release, or when the
   * writer needs space). Smaller numbers than before have no effect.
   */
  public void release(long lsn) throws IOException {
    if (lsn > forcedLsn()) {
      throw new IllegalArgumentException(
          domain + ": LSN " + lsn + " cannot be released: only " + forcedLsn() + " is forced");
    }
    files.release(lsn);
    recycleReleased();
  }

  /** The highest LSN released; after a restart the one that the newest snapshot knew. */
  public long releasedLsn() {
    return files.releasedLsn();
  }

  /**
   * Stops the log for good, as an I/O error would; the first cause counts. The writer must call
   * this when it dies of anything unexpected: the JVM may deliver the {@code InternalError} of a
   * fault in a mapped file a little after the append that met it.
   */
  public void stop(Throwable cause) {
    forcer.stop(cause);
  }

  /**
   * Flushes and forces what was appended, ends the run in order and releases every resource. Call
   * it when the writer has ended and no reader is open any more. Idempotent.
   *
   * @throws IOException when the last force fails; the log is as after a crash
   */
  @Override
  public void close() throws IOException {
    if (closing) {
      return;
    }
    closing = true;
    try {
      if (forcer.failure() == null) {
        tail.flush();
      }
    } catch (IOException | RuntimeException | Error e) {
      forcer.stop(e);
    }
    forcer.close();
    signalReaders();
    try {
      if (forcer.failure() == null) {
        tail.seal(lastLsn);
      }
    } catch (IOException e) {
      onFailure.accept(e); // A failed force, as any other.
      throw e;
    } finally {
      tail.close();
      files.close();
      closed = true;
    }
  }

  /** Whether {@link #close} has let go of everything: the log may be opened again. */
  boolean isClosed() {
    return closed;
  }

  // ---- for readers ----

  Disk disk() {
    return disk;
  }

  /** The file that holds {@code lsn}, kept from being recycled until {@link #unpin}. */
  CycleFile pin(long lsn) {
    return files.pin(lsn);
  }

  void unpin(CycleFile file) {
    files.unpin(file);
  }

  boolean awaitForced(long lsn, long timeoutNanos) throws IOException, InterruptedException {
    long remaining = timeoutNanos;
    readersLock.lockInterruptibly();
    try {
      while (forcedLsn() < lsn) {
        Throwable failure = forcer.failure();
        if (failure != null) {
          throw stoppedBy(failure);
        }
        if (closing) {
          throw new LogStoppedException("log of domain " + domain + " is closed", null);
        }
        if (remaining <= 0) {
          return false;
        }
        remaining = forcedMoved.awaitNanos(remaining);
      }
      return true;
    } finally {
      readersLock.unlock();
    }
  }

  private void signalReaders() {
    readersLock.lock();
    try {
      forcedMoved.signalAll();
    } finally {
      readersLock.unlock();
    }
  }

  private void recycleReleased() throws IOException {
    if (forcer.failure() != null) {
      return;
    }
    try {
      files.recycle();
    } catch (IOException e) {
      throw stopped(e);
    }
  }

  private LogStoppedException stopped(Throwable cause) {
    forcer.stop(cause);
    return stoppedBy(cause);
  }

  private LogStoppedException stoppedBy(Throwable cause) {
    return new LogStoppedException(
        "log of domain " + domain + " was stopped after LSN " + forcedLsn() + ": " + cause, cause);
  }
}
