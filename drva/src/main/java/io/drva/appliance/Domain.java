package io.drva.appliance;

import io.drva.blobsink.HostPosition;
import io.drva.blobsink.HostPositions;
import io.drva.blobsink.Shipper;
import io.drva.logstore.DiskState;
import io.drva.logstore.DomainLog;
import io.drva.logstore.HostState;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.ExtentFrame;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.ServerSession;
import io.drva.protocol.SessionEnd;
import io.drva.protocol.SessionHandler;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A protected domain on this appliance: its sessions, its log with the threads that serve it, and
 * its way into the object store.
 *
 * <p>Why {@code logged(n)} is true when it is sent (invariant 1):
 *
 * <ol>
 *   <li>The log writer publishes n and the LSN that n gets, then appends n ({@link
 *       SessionProgress#appending}).
 *   <li>Before each force the force thread reads what each connection published ({@link #forcing}),
 *       then the log chooses the LSN that the force will cover: at least that of every frame
 *       appended by then.
 *   <li>The force returns without error; otherwise the log has stopped and nothing is acknowledged
 *       any more.
 *   <li>Only then is acknowledged what the force's LSN covers ({@link SessionProgress#forced}).
 * </ol>
 */
final class Domain implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Domain.class);

  /** Guest data and frame overhead that may wait for the log writer. */
  static final long QUEUE_BYTES = 24L << 20;

  static final int DISKS_MAX = 500;
  static final int HOSTS_MAX = 128;

  private final String name;
  private final Clocks clocks;
  private final DomainMetrics metrics;
  private final IngestQueue queue = new IngestQueue(QUEUE_BYTES);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition spaceFreed = lock.newCondition();

  // Guarded by the lock.
  private final Map<String, HostSlot> hosts = new HashMap<>();
  private final Map<DiskKey, DiskSlot> disks = new HashMap<>();
  private final Deque<AfterForce> afterForce = new ArrayDeque<>();
  private HostPositions replicated = HostPositions.NONE;
  private DomainState state = DomainState.WAITING_FOR_STORE;
  private String reason = "";
  private boolean logFull;

  /** The connections that the force thread acknowledges; replaced as a whole. */
  private volatile SessionProgress[] acknowledging = {};

  private SessionProgress[] forcing = {};
  private DomainLog log;
  private Replication replication;
  private Thread writer;
  private final Runnable onSpaceFreed;

  private record DiskKey(String vm, String disk) {}

  private static final class DiskSlot {
    final int number;
    final int sectorBytes;
    long capacityBytes;
    HostSlot claimedBy;

    DiskSlot(int number, long capacityBytes, int sectorBytes) {
      this.number = number;
      this.capacityBytes = capacityBytes;
      this.sectorBytes = sectorBytes;
    }
  }

  private record AfterForce(long lsn, Runnable action) {}

  /**
   * @param onSpaceFreed called when log files were recycled
   */
  Domain(String name, Clocks clocks, DomainMetrics metrics, Runnable onSpaceFreed) {
    this.onSpaceFreed = onSpaceFreed;
    this.name = name;
    this.clocks = clocks;
    this.metrics = metrics;
  }

  String name() {
    return name;
  }

  /** Puts the domain to work. Called once. */
  void start(DomainLog domainLog, Replication domainReplication) {
    lock.lock();
    try {
      log = domainLog;
      replication = domainReplication;
      replicated = domainReplication.positions();
      for (HostState host : log.hosts()) {
        HostSlot slot = new HostSlot(host.number(), host.name());
        slot.lostSinceMicros = host.closed() ? 0 : clocks.wallMicros().getAsLong();
        hosts.put(host.name(), slot);
      }
      for (DiskState disk : log.disks()) {
        disks.put(
            new DiskKey(disk.vm(), disk.disk()),
            new DiskSlot(disk.number(), disk.capacityBytes(), disk.sectorBytes()));
      }
      writer =
          Thread.ofPlatform()
              .name("log-" + name)
              .unstarted(
                  new LogWriter(
                      this,
                      log,
                      queue,
                      metrics,
                      clocks,
                      Math.max(log.lastTimeMicros(), replication.lastTimeMicros())));
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
    lock.lock();
    try {
      return state == DomainState.ACTIVE;
    } finally {
      lock.unlock();
    }
  }

  private void state(DomainState next, String why) {
    LOG.info("domain {}: {} -> {} ({})", name, state, next, why);
    state = next;
    reason = why;
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
      HostSlot slot = hosts.get(session.host());
      if (slot == null) {
        if (hosts.size() == HOSTS_MAX) {
          throw new ProtocolException(
              ErrorCode.LIMIT, "domain '" + name + "' has " + HOSTS_MAX + " hosts already");
        }
        slot = new HostSlot(hosts.size() + 1, session.host());
        hosts.put(session.host(), slot);
      }
      if (slot.session != null) {
        slot.session.fail(
            ErrorCode.SUPERSEDED,
            "host '" + session.host() + "' connected again from " + session.remote());
        releaseClaims(slot);
      }
      slot.session = session;
      slot.lostSinceMicros = 0;
      SessionProgress progress = new SessionProgress(session, slot);
      handOver(progress, new LogWriter.Attached(progress));
      LOG.info(
          "domain {}: host {} attaches from {} ({})",
          name,
          session.host(),
          session.remote(),
          session.software());
      return new HostHandler(this, progress, clocks.nanos());
    } finally {
      lock.unlock();
    }
  }

  int openDisk(
      SessionProgress progress, String vm, String disk, long capacityBytes, int sectorBytes)
      throws ProtocolException {
    lock.lock();
    try {
      DiskKey key = new DiskKey(vm, disk);
      DiskSlot slot = disks.get(key);
      if (slot != null && slot.claimedBy != null && slot.claimedBy != progress.slot()) {
        throw new ProtocolException(
            ErrorCode.STREAM_CLAIMED,
            "disk "
                + vm
                + "/"
                + disk
                + " is open in the session of host '"
                + slot.claimedBy.name()
                + "'; close it there first");
      }
      if (slot != null && slot.sectorBytes != sectorBytes) {
        throw new ProtocolException(
            ErrorCode.DISK_MISMATCH,
            "disk "
                + vm
                + "/"
                + disk
                + " is known with sectors of "
                + slot.sectorBytes
                + " bytes, not "
                + sectorBytes);
      }
      if (slot != null && slot.capacityBytes > capacityBytes) {
        throw new ProtocolException(
            ErrorCode.DISK_MISMATCH,
            "disk "
                + vm
                + "/"
                + disk
                + " is known with "
                + slot.capacityBytes
                + " bytes and cannot shrink to "
                + capacityBytes);
      }
      if (slot == null || slot.capacityBytes < capacityBytes) {
        if (slot == null) {
          if (disks.size() == DISKS_MAX) {
            throw new ProtocolException(
                ErrorCode.LIMIT, "domain '" + name + "' has " + DISKS_MAX + " disks already");
          }
          slot = new DiskSlot(disks.size() + 1, capacityBytes, sectorBytes);
          disks.put(key, slot);
        }
        slot.capacityBytes = capacityBytes;
        handOver(
            progress,
            new LogWriter.DiskOpened(progress, slot.number, vm, disk, capacityBytes, sectorBytes));
      }
      slot.claimedBy = progress.slot();
      return slot.number;
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
    handOver(progress, new Object[] {event}, 1, 0);
  }

  void closing(SessionProgress progress) {
    handOver(progress, new LogWriter.Closing(progress));
  }

  void ended(SessionProgress progress, SessionEnd end) {
    queue.forget(progress.session());
    lock.lock();
    try {
      LOG.info("domain {}: host {} ended its session: {}", name, progress.slot().name(), end);
      HostSlot slot = progress.slot();
      if (slot.session == progress.session()) {
        slot.session = null;
        slot.lostSinceMicros =
            end instanceof SessionEnd.Closed ? 0 : clocks.wallMicros().getAsLong();
        releaseClaims(slot);
      }
      SessionProgress[] kept =
          Arrays.stream(acknowledging).filter(p -> p != progress).toArray(SessionProgress[]::new);
      acknowledging = kept;
    } finally {
      lock.unlock();
    }
  }

  private void releaseClaims(HostSlot slot) {
    for (DiskSlot disk : disks.values()) {
      if (disk.claimedBy == slot) {
        disk.claimedBy = null;
      }
    }
  }

  // --- log writer thread ---

  /**
   * Waits until a record with that much data fits into the volume's budget.
   *
   * @return false when the domain stops first
   */
  boolean awaitSpace(DomainLog full, int dataBytes) throws IOException {
    lock.lock();
    try {
      logFull = true;
      LOG.warn(
          "domain {}: the log is full; sessions are held back until the object store has taken what it holds",
          name);
      while (!full.hasSpace(dataBytes)) {
        if (state != DomainState.ACTIVE) {
          return false;
        }
        spaceFreed.awaitUninterruptibly();
      }
      logFull = false;
      LOG.info("domain {}: the log has space again", name);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The connection's place in the log is known: welcome it once everything up to there is forced.
   */
  void attached(SessionProgress progress, long loggedSeq) {
    afterForce(
        log.lastLsn(),
        () -> {
          lock.lock();
          try {
            if (progress.slot().session != progress.session()) {
              return; // it ended, or was superseded, while the force was under way
            }
            SessionProgress[] more = Arrays.copyOf(acknowledging, acknowledging.length + 1);
            more[acknowledging.length] = progress;
            acknowledging = more;
            ServerSession session = progress.session();
            session.welcome(loggedSeq, Math.min(loggedSeq, replicatedSeq(session)));
          } finally {
            lock.unlock();
          }
        });
  }

  private long replicatedSeq(ServerSession session) {
    return replicated
        .of(session.host())
        .filter(position -> position.incarnation().equals(session.incarnation()))
        .map(HostPosition::lastSeq)
        .orElse(0L);
  }

  /** Runs the action when everything up to the LSN is forced; on this thread if it is already. */
  void afterForce(long lsn, Runnable action) {
    lock.lock();
    try {
      if (lsn > log.forcedLsn()) {
        afterForce.add(new AfterForce(lsn, action));
        return;
      }
    } finally {
      lock.unlock();
    }
    action.run();
  }

  // --- force thread ---

  /** Before the log chooses what its next force covers. */
  void forcing() {
    forcing = acknowledging;
    for (SessionProgress progress : forcing) {
      progress.forcing();
    }
  }

  /** A force that covers all up to the LSN has returned without error. */
  void forced(long lsn, long forceNanos) {
    metrics.force(forceNanos);
    long now = clocks.nanos().getAsLong();
    for (SessionProgress progress : forcing) {
      progress.forced(lsn, now, metrics);
    }
    while (true) {
      Runnable action;
      lock.lock();
      try {
        if (afterForce.isEmpty() || afterForce.peek().lsn > lsn) {
          return;
        }
        action = afterForce.remove().action;
      } finally {
        lock.unlock();
      }
      action.run();
    }
  }

  // --- shipper thread ---

  /** Everything up to the LSN is in the object store, contiguous with all before it. */
  void replicated(DomainLog replicatedLog, long lsn, HostPositions positions) {
    try {
      replicatedLog.release(lsn);
    } catch (IOException e) {
      failed("the log store volume stopped", e);
      return;
    }
    onSpaceFreed.run();
    lock.lock();
    try {
      replicated = positions;
      for (HostPosition position : positions.all()) {
        HostSlot slot = hosts.get(position.host());
        if (slot != null
            && slot.session != null
            && slot.session.incarnation().equals(position.incarnation())) {
          slot.session.replicated(position.lastSeq());
        }
      }
    } finally {
      lock.unlock();
    }
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
      spaceFreed.signalAll();
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
      LOG.error("domain {}: {}", name, what, cause);
      state(DomainState.FAILED, what + ": " + cause.getMessage());
      endSessions(ErrorCode.VOLUME_FAILED, reason);
    } finally {
      lock.unlock();
    }
    queue.close();
  }

  /** The domain waits, for the reason given, until it is started. */
  void waiting(String why) {
    lock.lock();
    try {
      if (!reason.equals(why)) {
        state(DomainState.WAITING_FOR_STORE, why);
      }
    } finally {
      lock.unlock();
    }
  }

  private void endSessions(ErrorCode code, String message) {
    for (HostSlot slot : hosts.values()) {
      if (slot.session != null) {
        slot.session.fail(code, message);
      }
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
      long now = clocks.wallMicros().getAsLong();
      long oldest = now;
      if (log != null && replication.replicatedLsn() < log.lastLsn()) {
        oldest = Math.min(oldest, replication.oldestUnreplicatedMicros());
      }
      for (HostSlot slot : hosts.values()) {
        if (slot.lostSinceMicros > 0) {
          oldest = Math.min(oldest, slot.lostSinceMicros);
        }
      }
      return now - oldest;
    } finally {
      lock.unlock();
    }
  }

  DomainStatus status() {
    long rpoMicros = replicatedRpoMicros();
    lock.lock();
    try {
      List<String> connected =
          hosts.values().stream()
              .filter(h -> h.session != null)
              .map(HostSlot::name)
              .sorted()
              .toList();
      return log == null
          ? new DomainStatus(
              name, state, reason, connected, 0, 0, 0, 0, 0, 0, rpoMicros / 1000, false, null)
          : new DomainStatus(
              name,
              state,
              reason,
              connected,
              disks.size(),
              log.firstLsn(),
              log.lastLsn(),
              log.forcedLsn(),
              replication.replicatedLsn(),
              log.bytesUsed(),
              rpoMicros / 1000,
              logFull,
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
    if (status.storeTrouble() != null) {
      return "domain " + name + ": " + status.storeTrouble();
    }
    return status.logFull() ? "domain " + name + ": the log is full, hosts are held back" : null;
  }

  @Override
  public void close() throws IOException {
    Thread running;
    lock.lock();
    try {
      if (state == DomainState.CLOSED) {
        return;
      }
      state(DomainState.CLOSED, "the appliance stops");
      running = writer;
    } finally {
      lock.unlock();
    }
    queue.close();
    spaceFreed();
    if (running != null) {
      joinUninterruptibly(running);
      replication.close();
      log.close();
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
