package io.drva.appliance;

import io.drva.blobsink.HostPosition;
import io.drva.blobsink.HostPositions;
import io.drva.blobsink.Shipper;
import io.drva.logstore.DomainLog;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.ExtentFrame;
import io.drva.protocol.Pressure;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.ServerSession;
import io.drva.protocol.SessionEnd;
import io.drva.protocol.SessionHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A protected domain on this appliance: its sessions, its log with the threads that serve it, and
 * its way into the object store. Its lock is held for moments only, never during file operations.
 *
 * <p>Why {@code logged} is true when it is sent is argued at {@link LoggedAcknowledgements}. Why
 * {@code replicated(n)} is (invariant 2):
 *
 * <ol>
 *   <li>The shipper reports an LSN and where each host's incarnation is there, when everything up
 *       to that LSN is stored ({@link #replicated}).
 *   <li>A connection's numbers are those of its incarnation since {@link
 *       SessionProgress#attachedLsn}: what the chain says of them before that LSN is of an earlier
 *       use of the incarnation, and does not count.
 *   <li>At or after that LSN the numbers of the chain are those of the log.
 * </ol>
 */
final class Domain implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Domain.class);

  /**
   * How long a writer waits for space without looking: files also become free when a reader leaves
   * one, or another log is closed, which nobody tells.
   */
  private static final long SPACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The part of what the log could have from which on hosts are asked to slow down. */
  private static final double THROTTLE_FROM = 0.75;

  /**
   * And at which they are told that all is well again: some way below, so that it does not flap.
   */
  private static final double THROTTLE_DOWN_TO = 0.5;

  private final String name;
  private final Platform platform;
  private final DomainMetrics metrics;
  private final Runnable onSpaceFreed;
  private final IngestQueue queue;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed;

  // Guarded by the lock.
  private final Members members;
  private DomainState state = DomainState.WAITING_FOR_STORE;
  private String reason = "not taken up yet";
  private boolean logFull;
  private Pressure pressure = Pressure.NORMAL;
  private long timesSpaceFreed;
  private HostPositions replicated = HostPositions.NONE;
  private long replicatedLsn;

  // Set by start, before any thread that uses them runs.
  private DomainLog log;
  private Backlog backlog;
  private LoggedAcknowledgements acknowledgements;
  private Replication replication;
  private LogWriter logWriter;
  private Thread writer;

  /**
   * @param queueBytes what may wait for the log writer
   * @param onSpaceFreed called when log files were recycled
   */
  Domain(
      String name,
      Platform platform,
      DomainMetrics metrics,
      long queueBytes,
      Runnable onSpaceFreed) {
    this.name = name;
    this.platform = platform;
    this.metrics = metrics;
    this.onSpaceFreed = onSpaceFreed;
    this.changed = platform.conditions().apply(lock);
    this.queue = new IngestQueue(queueBytes, platform.wallMicros());
    this.members = new Members(name);
  }

  String name() {
    return name;
  }

  /**
   * Puts the domain to work. Called once.
   *
   * @throws IOException when it was closed, or its log failed, before
   */
  void start(DomainLog domainLog, Backlog unreplicated, Replication domainReplication)
      throws IOException {
    lock.lock();
    try {
      if (state != DomainState.WAITING_FOR_STORE) {
        throw new IOException("domain " + name + ": " + state + ", " + reason);
      }
      log = domainLog;
      backlog = unreplicated;
      replication = domainReplication;
      replicated = replication.positions();
      replicatedLsn = replication.replicatedLsn();
      acknowledgements = new LoggedAcknowledgements(metrics, log.forcedLsn());
      members.restore(log.hosts(), log.disks(), platform.wallMicros().getAsLong());
      logWriter =
          new LogWriter(
              this,
              log,
              queue,
              acknowledgements,
              backlog,
              metrics,
              platform,
              Math.max(log.lastTimeMicros(), replication.lastTimeMicros()));
      writer = platform.threads().newThread(logWriter);
      writer.setName("log-" + name);
      meter();
      state(DomainState.ACTIVE, "chain and log fit together");
      writer.start();
    } finally {
      lock.unlock();
    }
    replication.start();
  }

  private void meter() {
    metrics.gauge(
        "drva.replicated.rpo.seconds",
        "Age of the oldest write that is not in the object store",
        this,
        d -> d.replicatedRpoMicros() / 1e6);
    metrics.gauge(
        "drva.log.used.bytes",
        "The domain's part of the log store volume",
        log,
        DomainLog::bytesUsed);
    metrics.gauge(
        "drva.sessions", "Hosts that are connected", this, d -> d.status().connectedHosts().size());
    metrics.gauge(
        "drva.domain.active",
        "1 while the domain takes sessions and writes on, else 0",
        this,
        d -> d.isActive() ? 1 : 0);
    metrics.gauge(
        "drva.ingest.queue.bytes",
        "Frames that wait for the log writer",
        queue,
        IngestQueue::queuedBytes);
    metrics.gauge(
        "drva.pressure",
        "0 normal, 1 hosts are asked to slow down, 2 the log is full and takes nothing",
        this,
        d -> d.pressure().level());
    metrics.gauge("drva.lsn.logged", "Last LSN that is forced", log, DomainLog::forcedLsn);
    metrics.gauge(
        "drva.lsn.replicated",
        "Last LSN that is in the object store",
        replication,
        Replication::replicatedLsn);
    Shipper shipper = replication.shipper();
    metrics.gauge(
        "drva.uploads.in.flight", "Segments being uploaded", shipper, Shipper::uploadsInFlight);
    metrics.counter("drva.objects.uploaded", "Segments stored", shipper, Shipper::objects);
    metrics.counter(
        "drva.uploaded.bytes", "Bytes of segments stored", shipper, Shipper::storedBytes);
    metrics.counter(
        "drva.uploaded.raw.bytes",
        "Guest data in segments stored, before compression",
        shipper,
        Shipper::rawBytes);
  }

  private boolean isActive() {
    return state() == DomainState.ACTIVE;
  }

  DomainState state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  private Pressure pressure() {
    lock.lock();
    try {
      return pressure;
    } finally {
      lock.unlock();
    }
  }

  private void state(DomainState next, String why) {
    LOG.info("domain {}: {} -> {} ({})", name, state, next, why);
    state = next;
    reason = why;
    changed.signalAll();
  }

  /** Gives the queue of frames that wait for the log writer another limit. */
  void queueBytes(long limitBytes) {
    queue.limit(limitBytes);
  }

  // --- sessions: event-loop threads ---

  SessionHandler attach(ServerSession session) throws ProtocolException {
    lock.lock();
    try {
      if (state != DomainState.ACTIVE) {
        throw new ProtocolException(
            state == DomainState.FAILED ? ErrorCode.VOLUME_FAILED : ErrorCode.UNKNOWN_DOMAIN,
            "domain '" + name + "' takes no sessions now: " + state + ", " + reason);
      }
      if (queue.isFull()) {
        throw new ProtocolException(
            ErrorCode.LIMIT,
            "domain '" + name + "' has as much waiting for its log as it can hold; come back");
      }
      SessionProgress progress = new SessionProgress(session, members.attach(session));
      handOver(progress, new LogWriter.Attached(progress));
      LOG.info(
          "domain {}: host {} attaches from {} ({})",
          name,
          session.host(),
          session.remote(),
          session.software());
      return new HostHandler(this, progress, platform.nanos());
    } finally {
      lock.unlock();
    }
  }

  int openDisk(
      SessionProgress progress, String vm, String disk, long capacityBytes, int sectorBytes)
      throws ProtocolException {
    lock.lock();
    try {
      Members.OpenedDisk opened = members.open(progress, vm, disk, capacityBytes, sectorBytes);
      if (opened.isNews()) {
        handOver(
            progress,
            new LogWriter.DiskOpened(
                progress, opened.number(), vm, disk, capacityBytes, sectorBytes));
      }
      return opened.number();
    } finally {
      lock.unlock();
    }
  }

  /** Hands frames to the log writer, or releases them when the domain is closed. */
  void handOver(SessionProgress progress, Object[] items, int count, long bytes) {
    if (!queue.put(progress.session(), items, count, bytes)) {
      for (int i = 0; i < count; i++) {
        if (items[i] instanceof ExtentFrame frame) {
          frame.release();
        }
      }
    }
  }

  private void handOver(SessionProgress progress, LogWriter.Event event) {
    handOver(progress, new Object[] {event}, 1, event.weightBytes());
  }

  void closing(SessionProgress progress) {
    handOver(progress, new LogWriter.Closing(progress));
  }

  void ended(SessionProgress progress, SessionEnd end) {
    queue.forget(progress.session());
    lock.lock();
    try {
      LOG.info("domain {}: host {} ended its session: {}", name, progress.slot().name(), end);
      members.ended(progress, end instanceof SessionEnd.Closed, platform.wallMicros().getAsLong());
      acknowledgements.remove(progress);
    } finally {
      lock.unlock();
    }
  }

  // --- log writer thread ---

  /**
   * Waits until a record with that much data fits into the volume's budget.
   *
   * @return false when the domain stops first
   */
  boolean awaitSpace(int dataBytes) throws IOException, InterruptedException {
    LOG.warn(
        "domain {}: the log is full; sessions are held back until the object store has taken what it holds",
        name);
    long seen = logFull(true);
    while (!log.hasSpace(dataBytes)) {
      lock.lock();
      try {
        long left = SPACE_NANOS;
        while (timesSpaceFreed == seen && state == DomainState.ACTIVE && left > 0) {
          left = changed.awaitNanos(left);
        }
        if (state != DomainState.ACTIVE) {
          return false;
        }
        seen = timesSpaceFreed;
      } finally {
        lock.unlock();
      }
    }
    logFull(false);
    LOG.info("domain {}: the log has space again", name);
    return true;
  }

  /** Says whether the log is full; returns how often space has been freed by now. */
  private long logFull(boolean full) {
    lock.lock();
    try {
      logFull = full;
      updatePressure();
      return timesSpaceFreed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks how full the log is, and tells the sessions when they should know. Also horizon thread.
   */
  void updatePressure() {
    double filled = log.filled();
    lock.lock();
    try {
      Pressure now = pressureAt(filled);
      if (now != pressure) {
        LOG.info(
            "domain {}: pressure {} -> {}, the log is filled to {} %",
            name, pressure, now, Math.round(100 * filled));
        pressure = now;
        for (SessionProgress progress : acknowledgements.sessions()) {
          progress.session().pressure(now);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Up at once; down only with some room, so that it does not come and go with every record. */
  private Pressure pressureAt(double filled) {
    if (logFull || (pressure == Pressure.BITMAP && filled >= THROTTLE_FROM)) {
      return Pressure.BITMAP;
    }
    double throttleFrom = pressure == Pressure.NORMAL ? THROTTLE_FROM : THROTTLE_DOWN_TO;
    return filled >= throttleFrom ? Pressure.THROTTLE : Pressure.NORMAL;
  }

  /** The log is about to hand to the force thread what was appended up to this LSN. */
  void handOver(long lsn) {
    logWriter.handOver(lsn);
  }

  // --- force thread ---

  /** The connection's place in the log is known, and everything up to there is forced. */
  void welcome(SessionProgress progress, long loggedSeq) {
    lock.lock();
    try {
      ServerSession session = progress.session();
      if (progress.slot().session != session) {
        return; // it ended, or was superseded, while the force was under way
      }
      acknowledgements.add(progress);
      session.pressure(pressure);
      session.welcome(loggedSeq, Math.min(loggedSeq, replicatedSeq(progress)));
    } finally {
      lock.unlock();
    }
  }

  void forcing() {
    acknowledgements.forcing();
  }

  void forced(long lsn, long forceNanos) {
    metrics.force(forceNanos);
    acknowledgements.forced(lsn, platform.nanos().getAsLong());
  }

  // --- horizon thread ---

  /** Everything up to the LSN is in the object store, contiguous with all before it. */
  void replicated(long lsn, HostPositions positions) {
    try {
      log.release(lsn);
    } catch (IOException e) {
      failed("the log store volume stopped", e);
      return;
    }
    backlog.replicated(lsn);
    onSpaceFreed.run();
    updatePressure();
    lock.lock();
    try {
      replicated = positions;
      replicatedLsn = lsn;
      for (SessionProgress progress : acknowledgements.sessions()) {
        progress.session().replicated(replicatedSeq(progress));
      }
    } finally {
      lock.unlock();
    }
  }

  /** The last number of the connection's incarnation that the chain holds. */
  private long replicatedSeq(SessionProgress progress) {
    if (replicatedLsn < progress.attachedLsn()) {
      return 0;
    }
    ServerSession session = progress.session();
    return replicated
        .of(session.host())
        .filter(position -> position.incarnation().equals(session.incarnation()))
        .map(HostPosition::lastSeq)
        .orElse(0L);
  }

  /** A segment was stored; upload threads. */
  void stored(long putNanos) {
    metrics.put(putNanos);
  }

  // --- any thread ---

  /**
   * Files of the volume were recycled, of this domain or another: a log that waits for space looks
   * again.
   */
  void spaceFreed() {
    lock.lock();
    try {
      timesSpaceFreed++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The domain stops for good: nothing is acknowledged any more, and the sessions are told. */
  void failed(String what, Throwable cause) {
    lock.lock();
    try {
      if (state == DomainState.CLOSED || state == DomainState.FAILED) {
        return;
      }
      boolean defect = cause instanceof RuntimeException || cause instanceof Error;
      String why = what + ": " + (defect ? cause.toString() : cause.getMessage());
      LOG.error("domain {}: {}", name, why, defect ? cause : null);
      state(DomainState.FAILED, why);
      members.failAll(ErrorCode.VOLUME_FAILED, reason);
    } finally {
      lock.unlock();
    }
    queue.close();
  }

  /** The domain waits, for the reason given, until it is started. */
  void waiting(String why) {
    lock.lock();
    try {
      if (state == DomainState.WAITING_FOR_STORE && !reason.equals(why)) {
        reason = why;
        LOG.warn("domain {}: {}: {}", name, state, why);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The replicated RPO in microseconds: the age of the oldest write that a filter handed over and
   * that is not in the object store yet; 0 when there is none. While a host that did not close in
   * order is away, it is at least the time since then, because that host may hold writes that
   * nobody here knows of.
   */
  long replicatedRpoMicros() {
    lock.lock();
    try {
      long now = platform.wallMicros().getAsLong();
      long oldest = Math.min(queue.oldestMicros(), members.lostSinceMicros());
      if (backlog != null) {
        oldest = Math.min(oldest, backlog.oldestTimeMicros());
      }
      return Math.max(0, now - Math.min(now, oldest));
    } finally {
      lock.unlock();
    }
  }

  DomainStatus status() {
    long rpoMs = replicatedRpoMicros() / 1000;
    lock.lock();
    try {
      List<String> connected = members.connected();
      return log == null
          ? new DomainStatus(
              name, state, reason, connected, 0, 0, 0, 0, 0, 0, rpoMs, pressure, null)
          : new DomainStatus(
              name,
              state,
              reason,
              connected,
              members.diskCount(),
              log.firstLsn(),
              log.lastLsn(),
              log.forcedLsn(),
              replication.replicatedLsn(),
              log.bytesUsed(),
              rpoMs,
              pressure,
              replication.trouble());
    } finally {
      lock.unlock();
    }
  }

  /** What an operator should look at; null when nothing. */
  String problem() {
    DomainStatus status = status();
    if (status.state() != DomainState.ACTIVE) {
      return "domain " + name + ": " + status.state() + ", " + status.reason();
    }
    List<String> problems = new ArrayList<>();
    if (status.pressure() == Pressure.BITMAP) {
      problems.add("the log is full, hosts are held back");
    }
    if (status.storeTrouble() != null) {
      problems.add(status.storeTrouble());
    }
    return problems.isEmpty() ? null : "domain " + name + ": " + String.join("; ", problems);
  }

  /**
   * Ends for good if nothing is lost by it.
   *
   * @throws ControlException when hosts are connected, or something is not replicated
   */
  void retire() throws IOException, ControlException {
    lock.lock();
    try {
      String obstacle = obstacleToRetiring();
      if (obstacle != null) {
        throw new ControlException(409, "domain " + name + " cannot be unassigned: " + obstacle);
      }
      state(DomainState.CLOSED, "unassigned");
    } finally {
      lock.unlock();
    }
    end();
  }

  private String obstacleToRetiring() {
    if (state != DomainState.ACTIVE) {
      return "it is " + state + ", " + reason;
    }
    if (!members.connected().isEmpty()) {
      return "hosts are connected: " + String.join(", ", members.connected());
    }
    if (queue.oldestMicros() != Long.MAX_VALUE || log.lastLsn() > replicatedLsn) {
      return "the object store has LSN " + replicatedLsn + " of " + log.lastLsn() + "; try again";
    }
    return null;
  }

  /** Ships what is logged as far as the store takes it in reasonable time, and ends. Idempotent. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (state == DomainState.CLOSED) {
        return;
      }
      state(DomainState.CLOSED, "let go");
    } finally {
      lock.unlock();
    }
    end();
  }

  private void end() throws IOException {
    queue.close();
    try {
      if (writer != null) {
        joinUninterruptibly(writer);
        try {
          replication.close();
        } finally {
          log.close();
        }
      }
    } finally {
      metrics.close();
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
