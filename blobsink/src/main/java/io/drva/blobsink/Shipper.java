package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ships one domain's log to its container: reads records, packs them into segments, uploads several
 * at a time, and reports how far the chain is stored without a gap.
 *
 * <p>Threads: one packs, {@link ShipperConfig#uploadsInFlight} upload, one reports. Memory: the
 * buffers of the domain's share, and {@link #directBytes} to pack; when the share has no buffer to
 * give, the packing thread waits, and the backlog stays in the log. Why nothing is reported too
 * early is argued at {@link UploadWindow}.
 */
public final class Shipper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Shipper.class);

  /** The longest that the packing thread waits without looking whether it shall end. */
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long ending waits for threads that are in the middle of a store operation. */
  private static final long JOIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The states of a shipper. From the last three there is no way on. */
  public enum State {
    NEW,
    SHIPPING,
    /** Shipping what is durable, and then ending. */
    CLOSING,
    CLOSED,
    /** Another owner took over. */
    FENCED,
    FAILED
  }

  private final Container container;
  private final ChainHead head;
  private final RecordSource source;
  private final ShipperListener listener;
  private final ShipperConfig config;
  private final SegmentBuffers.Share share;
  private final UploadWindow window;
  private final Uploader uploader;
  private final List<Thread> uploadThreads = new ArrayList<>();
  private final Thread packThread;
  private final Thread reportThread;

  private final ReentrantLock runningLock = new ReentrantLock();
  private final Condition runsNoMore;

  /** Threads that were started and are not done; guarded by {@link #runningLock}. */
  private final Set<Thread> running = new HashSet<>();

  // The packing thread's. The builder is there only while that runs: its memory goes with it.
  private SegmentBuilder builder;
  private Digest lastDigest;
  private long nextNumber;
  private long deadlineNanos;
  private volatile long lastReadLsn;
  private volatile long replicatedLsn;
  private volatile boolean closing;
  private volatile State state = State.NEW;
  private volatile Exception cause;

  /**
   * Prepares a shipper; nothing runs before {@link #start}.
   *
   * @param head what {@link ChainOwner#take} returned: this owner's fence
   * @param source owned by the shipper's thread from {@link #start} on; records that the chain has
   *     are skipped
   * @param share owned by the shipper, which gives it back when it ends, started or not
   */
  public Shipper(
      Container container,
      ChainHead head,
      RecordSource source,
      ShipperListener listener,
      ShipperConfig config,
      SegmentBuffers.Share share) {
    if (config.segmentBytes() > share.segmentBytes()) {
      throw new IllegalArgumentException(
          "segments of "
              + config.segmentBytes()
              + " bytes, in buffers for "
              + share.segmentBytes());
    }
    this.container = container;
    this.head = head;
    this.source = source;
    this.listener = listener;
    this.config = config;
    this.share = share;
    this.window = new UploadWindow(head.nextNumber(), config.conditions());
    this.uploader = new Uploader(container, config, window, listener, this::fail);
    this.runsNoMore = config.conditions().apply(runningLock);
    this.lastDigest = head.lastDigest();
    this.nextNumber = head.nextNumber();
    this.lastReadLsn = head.lastLsn();
    this.replicatedLsn = head.lastLsn();
    String name = container.name();
    this.packThread = thread("ship-" + name, this::packAll);
    this.reportThread = thread("horizon-" + name, this::report);
    for (int i = 0; i < config.uploadsInFlight(); i++) {
      uploadThreads.add(thread("upload-" + name + "-" + i, uploader));
    }
  }

  /**
   * The direct memory that a shipper has at most, besides its buffers.
   *
   * @param recordsMax {@link ShipperConfig#segmentRecordsMax}
   */
  public static int directBytes(int recordsMax) {
    return SegmentBuilder.directBytesMax(recordsMax);
  }

  private Thread thread(String name, Runnable task) {
    Thread thread =
        config
            .threads()
            .newThread(
                () -> {
                  try {
                    task.run();
                  } finally {
                    runsNoMore();
                  }
                });
    thread.setName(name);
    thread.setUncaughtExceptionHandler(
        (t, e) -> fail(new IllegalStateException(name + " ended by " + e, e)));
    return thread;
  }

  private List<Thread> threads() {
    List<Thread> all = new ArrayList<>(uploadThreads);
    all.add(packThread);
    all.add(reportThread);
    return all;
  }

  private void runsNoMore() {
    runningLock.lock();
    try {
      running.remove(Thread.currentThread());
      runsNoMore.signalAll();
    } finally {
      runningLock.unlock();
    }
  }

  /**
   * Waits until threads have ended, those that were started.
   *
   * @return those that have not when the time is up
   */
  private List<Thread> awaitEnd(List<Thread> threads, long timeoutNanos)
      throws InterruptedException {
    long left = timeoutNanos;
    runningLock.lock();
    try {
      while (left > 0 && !Collections.disjoint(running, threads)) {
        left = runsNoMore.awaitNanos(left);
      }
      if (!Collections.disjoint(running, threads)) {
        return threads.stream().filter(running::contains).toList();
      }
    } finally {
      runningLock.unlock();
    }
    for (Thread thread : threads) {
      thread.join(); // It has nothing left to do but to end.
    }
    return List.of();
  }

  /** Begins to ship. To be called once; has no effect after the end. */
  public void start() {
    if (state(
        State.SHIPPING,
        "from LSN " + (lastReadLsn + 1) + ", number " + nextNumber + ", epoch " + head.epoch())) {
      runningLock.lock();
      try {
        running.addAll(threads());
        threads().forEach(Thread::start);
      } finally {
        runningLock.unlock();
      }
    }
  }

  public State state() {
    return state;
  }

  private synchronized boolean state(State next, String reason) {
    if (state == State.CLOSED || state == State.FENCED || state == State.FAILED || state == next) {
      return false;
    }
    LOG.info("{}: shipper {} -> {}: {}", container.location(), state, next, reason);
    state = next;
    return true;
  }

  private void fail(Exception failure) {
    boolean fenced = failure instanceof FencedException;
    synchronized (this) {
      if (!state(fenced ? State.FENCED : State.FAILED, String.valueOf(failure.getMessage()))) {
        return;
      }
      cause = failure;
    }
    if (!fenced) {
      LOG.error("{}: shipping stopped", container.location(), failure);
    }
    stop();
  }

  /** Lets all threads end, and with them the buffers come home. */
  private void stop() {
    window.stop();
    share.close();
    packThread.interrupt();
    uploadThreads.forEach(Thread::interrupt);
  }

  private void packAll() {
    builder =
        new SegmentBuilder(
            config.segmentBytes(),
            config.segmentRecordsMax(),
            new DomainCatalog(head.hosts(), head.disks()),
            head.lastTimeMicros());
    try {
      while (pack()) {
        // One record, or one wait, at a time.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Stopped by abort() or fail(), which say why.
    } catch (IOException | RuntimeException e) {
      fail(e);
    } finally {
      builder.abandon();
      builder = null;
    }
  }

  /**
   * @return whether there is more to do
   */
  private boolean pack() throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("stopped");
    }
    boolean ending = closing; // Before next(): what is durable when closing begins is shipped.
    if (source.next()) {
      if (source.lsn() > lastReadLsn && !add()) {
        return false;
      }
      if (builder.isOpen() && config.nanoClock().getAsLong() - deadlineNanos >= 0) {
        return seal();
      }
      return true;
    }
    long waitNanos = IDLE_NANOS;
    if (builder.isOpen()) {
      long leftNanos = deadlineNanos - config.nanoClock().getAsLong();
      if (leftNanos <= 0 || ending) {
        return seal();
      }
      waitNanos = Math.min(waitNanos, leftNanos);
    }
    if (!ending) {
      source.await(waitNanos);
    }
    return !ending;
  }

  /**
   * @return false when the shipper was stopped
   */
  private boolean add() throws IOException, InterruptedException {
    long lsn = source.lsn();
    if (lsn != lastReadLsn + 1) {
      throw new IOException(
          container.location()
              + ": the log goes on with LSN "
              + lsn
              + ", the chain with "
              + (lastReadLsn + 1)
              + "; the records between are on neither side: use a new container, or restore the log store volume");
    }
    ByteBuffer data = source.data();
    if (builder.isOpen() && !builder.fits(data.remaining()) && !seal()) {
      return false;
    }
    if (!builder.isOpen()) {
      builder.begin(share.take(), lsn);
      deadlineNanos =
          config.nanoClock().getAsLong() + TimeUnit.MILLISECONDS.toNanos(config.segmentAgeMsMax());
    }
    // Only now: a new incarnation belongs in the table of the segment that holds its first record,
    // not in the one before.
    RecordType type = source.type();
    builder.catalog().introduce(source);
    builder.add(
        type,
        source.flags(),
        source.hostNumber(),
        source.sequence(),
        source.diskNumber(),
        source.offsetBytes(),
        source.lengthBytes(),
        source.timeMicros(),
        source.dataCrc32c(),
        data);
    lastReadLsn = lsn;
    return true;
  }

  /**
   * @return false when the shipper was stopped
   */
  private boolean seal() throws InterruptedException {
    // All of this term below the first unstored; when that is nothing, all up to the fence.
    long firstUnstored = window.firstUnstored();
    long storedThrough = firstUnstored == head.nextNumber() ? head.lastNumber() : firstUnstored - 1;
    SealedSegment segment =
        builder.seal(
            new SegmentPlace(
                head.domainId(),
                nextNumber,
                head.epoch(),
                storedThrough,
                lastDigest,
                config.microClock().getAsLong()));
    boolean submitted = false;
    try {
      submitted = window.submit(segment);
    } finally {
      if (!submitted) {
        segment.close();
      }
    }
    lastDigest = segment.digest();
    nextNumber++;
    return submitted;
  }

  private void report() {
    try {
      for (UploadWindow.Horizon moved = window.awaitHorizon();
          moved != null;
          moved = window.awaitHorizon()) {
        replicatedLsn = moved.lsn();
        listener.replicated(moved.lsn(), moved.positions());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      fail(new IllegalStateException("the listener failed: " + e, e));
    }
    Exception failure;
    synchronized (this) {
      failure = cause;
    }
    if (failure != null) {
      listener.failed(failure);
    }
  }

  /**
   * Ships what the source has, waits until it is stored and reported, at most the configured time,
   * and ends. Returns at once after a failure.
   */
  @Override
  public void close() {
    closing = true;
    if (state(State.CLOSING, "asked to")) {
      try {
        long limitNanos = TimeUnit.MILLISECONDS.toNanos(config.closeMsMax());
        long start = config.nanoClock().getAsLong();
        boolean packed = awaitEnd(List.of(packThread), limitNanos).isEmpty();
        long leftNanos = limitNanos - (config.nanoClock().getAsLong() - start);
        if (!packed || !window.awaitEmpty(leftNanos)) {
          LOG.warn(
              "{}: closed with LSN {} read and {} replicated; the log keeps the rest",
              container.location(),
              lastReadLsn,
              replicatedLsn);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    abort();
  }

  /** Ends at once: nothing further is reported. What is being uploaded may still get stored. */
  public void abort() {
    state(State.CLOSED, "ended with LSN " + replicatedLsn + " replicated");
    stop();
    List<Thread> ending = threads();
    ending.remove(Thread.currentThread()); // A listener may end the shipper that failed.
    try {
      List<Thread> left = awaitEnd(ending, JOIN_NANOS);
      if (!left.isEmpty()) {
        LOG.warn("{}: ended, but for {}", container.location(), left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Why the shipper stopped for good; empty when it did not. */
  public synchronized Optional<Exception> failure() {
    return Optional.ofNullable(cause);
  }

  /** What keeps uploads from being stored at the moment; empty when nothing does. */
  public Optional<StoreTrouble> lastError() {
    return uploader.trouble();
  }

  /** The last LSN taken from the source. */
  public long lastReadLsn() {
    return lastReadLsn;
  }

  /** The last LSN up to which everything is stored. */
  public long replicatedLsn() {
    return replicatedLsn;
  }

  /** Segments stored by this shipper. */
  public long objects() {
    return uploader.objects();
  }

  /** Their bytes. */
  public long storedBytes() {
    return uploader.storedBytes();
  }

  /** The bytes of data in them, before compression. */
  public long rawBytes() {
    return uploader.rawBytes();
  }

  public int uploadsInFlight() {
    return uploader.inFlight();
  }
}
