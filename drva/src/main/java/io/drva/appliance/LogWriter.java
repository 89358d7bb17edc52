package io.drva.appliance;

import io.drva.logstore.DomainLog;
import io.drva.logstore.HostState;
import io.drva.logstore.RecordType;
import io.drva.protocol.ExtentFrame;
import io.drva.protocol.ServerSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;

/**
 * The one thread that appends to a domain's log. Takes what the sessions handed over, in order, and
 * gives each record its LSN and time. What it takes at a time it hands to the force thread at a
 * time.
 *
 * <p>A frame is applied exactly once:
 *
 * <ol>
 *   <li>The protocol server delivers the frames of one connection with dense sequence numbers, from
 *       the number after WELCOME on.
 *   <li>Frames of a connection are appended only after its own {@link Attached} event, and no more
 *       after that of the host's next one.
 *   <li>So when a connection is attached, what earlier ones handed over is either in the log or
 *       will be dropped, and the number that WELCOME reports, read at that moment and sent once it
 *       is forced, is final.
 *   <li>The log itself refuses a number that is not the next.
 * </ol>
 */
final class LogWriter implements Runnable {
  /** What is handed over besides extents. */
  sealed interface Event {
    /** What it counts against the ingest queue's limit. */
    int weightBytes();
  }

  /** A new connection of a host. */
  record Attached(SessionProgress progress) implements Event {
    /**
     * What a connection keeps beside what its frames count: its receive buffer, which the smallest
     * frame keeps whole.
     */
    @Override
    public int weightBytes() {
      return 512 << 10;
    }
  }

  /** A disk that is new to the domain, or has grown. */
  record DiskOpened(
      SessionProgress progress,
      int disk,
      String vm,
      String name,
      long capacityBytes,
      int sectorBytes)
      implements Event {
    @Override
    public int weightBytes() {
      return RECORD_NAMES_BYTES;
    }
  }

  /** The client closes the connection in order. */
  record Closing(SessionProgress progress) implements Event {
    @Override
    public int weightBytes() {
      return RECORD_NAMES_BYTES;
    }
  }

  /** The log is full and the appliance stops. */
  private static final class StoppedException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** At least what the names in a record of a host or disk take. */
  private static final int RECORD_NAMES_BYTES = 1024;

  /** Room in the queue is given back in pieces of at least this. */
  private static final int DONE_BYTES = 1 << 20;

  private final Domain domain;
  private final DomainLog log;
  private final IngestQueue queue;
  private final LoggedAcknowledgements acknowledgements;
  private final Backlog backlog;
  private final DomainMetrics metrics;
  private final Platform platform;
  private final IdentityHashMap<ServerSession, SessionProgress> attached = new IdentityHashMap<>();
  private final FrameData frameData = new FrameData();

  /** The connections of which frames were appended since the last hand-over. */
  private final ArrayList<SessionProgress> appended = new ArrayList<>();

  private long lastTimeMicros;

  /** The time of the first record of the group that is under way; Long.MAX_VALUE without one. */
  private long groupTimeMicros = Long.MAX_VALUE;

  /**
   * @param lastTimeMicros the latest time of any record so far
   */
  LogWriter(
      Domain domain,
      DomainLog log,
      IngestQueue queue,
      LoggedAcknowledgements acknowledgements,
      Backlog backlog,
      DomainMetrics metrics,
      Platform platform,
      long lastTimeMicros) {
    this.domain = domain;
    this.log = log;
    this.queue = queue;
    this.acknowledgements = acknowledgements;
    this.backlog = backlog;
    this.metrics = metrics;
    this.platform = platform;
    this.lastTimeMicros = lastTimeMicros;
  }

  @Override
  public void run() {
    int count = 0;
    int at = 0;
    try {
      for (count = queue.take(); count > 0; count = queue.take()) {
        long doneBytes = 0;
        for (at = 0; at < count; at++) {
          doneBytes += apply(queue.item(at));
          if (doneBytes >= DONE_BYTES) {
            queue.done(doneBytes);
            doneBytes = 0;
          }
        }
        log.flush();
        queue.done(doneBytes);
        domain.updatePressure();
      }
    } catch (StoppedException e) {
      // The appliance stops while the log is full: what was not appended was not acknowledged.
    } catch (IOException | RuntimeException | InterruptedException | Error e) {
      // A log whose writer is gone must not acknowledge what the writer may have half done.
      log.stop(e);
      domain.failed("the replication log failed", e);
    } finally {
      queue.close();
      release(at + 1, count);
      releaseQueued();
    }
  }

  private long apply(Object item) throws IOException, StoppedException, InterruptedException {
    if (item instanceof ExtentFrame frame) {
      try {
        SessionProgress progress = attached.get(frame.session());
        if (progress != null) {
          append(progress, frame);
        }
        return HostHandler.weightBytes(frame);
      } finally {
        frame.release();
      }
    }
    Event event = (Event) item;
    switch (event) {
      case Attached(var progress) -> attach(progress);
      case DiskOpened opened -> openDisk(opened);
      case Closing(var progress) -> close(progress);
    }
    return event.weightBytes();
  }

  /** A record was appended to the group that is under way. */
  private void appended() {
    groupTimeMicros = Math.min(groupTimeMicros, lastTimeMicros);
  }

  /** The log is about to hand to the force thread what was appended up to this LSN. */
  void handOver(long lsn) {
    for (int i = 0; i < appended.size(); i++) {
      appended.get(i).handOver();
    }
    appended.clear();
    backlog.appended(lsn, groupTimeMicros);
    groupTimeMicros = Long.MAX_VALUE;
  }

  private void append(SessionProgress progress, ExtentFrame frame)
      throws IOException, StoppedException, InterruptedException {
    ByteBuffer data = frameData.of(frame);
    awaitSpace(data.remaining());
    long lsn =
        log.append(
            switch (frame.type()) {
              case WRITE -> RecordType.WRITE;
              case ZERO -> RecordType.ZERO;
              case DISCARD -> RecordType.DISCARD;
              case BASELINE -> RecordType.BASELINE;
              default -> throw new IllegalArgumentException("not an extent: " + frame);
            },
            frame.flags(),
            progress.slot().number(),
            frame.seq(),
            frame.disk(),
            frame.offsetBytes(),
            (int) frame.lengthBytes(),
            timeOf(frame.timeMicros() + frame.session().clockOffsetMicros()),
            frame.dataCrc32c(),
            data);
    if (progress.appended(frame.seq(), lsn)) {
      appended.add(progress);
    }
    appended();
    metrics.ingested(frame.lengthBytes());
  }

  private void attach(SessionProgress progress)
      throws IOException, StoppedException, InterruptedException {
    ServerSession session = progress.session();
    attached.values().removeIf(other -> other.slot() == progress.slot());
    HostState host = hostOf(progress);
    byte[] incarnation = Incarnation.bytes(session.incarnation());
    if (host != null && Arrays.equals(host.incarnationBytes(), incarnation)) {
      attached(progress, host.lastSeq(), host.attachedLsn());
    } else {
      awaitSpace(RECORD_NAMES_BYTES);
      long lsn =
          log.attachHost(progress.slot().number(), progress.slot().name(), incarnation, now());
      appended();
      attached(progress, 0, lsn);
    }
  }

  private void attached(SessionProgress progress, long loggedSeq, long attachedLsn) {
    progress.attached(loggedSeq, log.lastLsn(), attachedLsn);
    attached.put(progress.session(), progress);
    // All that the host had in the log before is forced when it is told the number.
    acknowledgements.afterForce(
        log.lastLsn(), progress.slot(), () -> domain.welcome(progress, loggedSeq));
  }

  private void openDisk(DiskOpened opened)
      throws IOException, StoppedException, InterruptedException {
    awaitSpace(RECORD_NAMES_BYTES);
    log.openDisk(
        opened.progress.slot().number(),
        opened.disk,
        opened.vm,
        opened.name,
        opened.capacityBytes,
        opened.sectorBytes,
        now());
    appended();
  }

  private void close(SessionProgress progress)
      throws IOException, StoppedException, InterruptedException {
    if (attached.remove(progress.session()) != null) {
      awaitSpace(RECORD_NAMES_BYTES);
      log.closeHost(progress.slot().number(), now());
      appended();
      acknowledgements.afterForce(log.lastLsn(), progress.slot(), progress.session()::finish);
    }
  }

  private long now() {
    return timeOf(Long.MAX_VALUE);
  }

  /** Decision 4: not later than now, not earlier than the record before. */
  private long timeOf(long micros) {
    lastTimeMicros = Math.max(lastTimeMicros, Math.min(micros, platform.wallMicros().getAsLong()));
    return lastTimeMicros;
  }

  private void release(int from, int to) {
    for (int i = from; i < to; i++) {
      if (queue.item(i) instanceof ExtentFrame frame) {
        frame.release();
      }
    }
  }

  private void releaseQueued() {
    for (int count = queue.drain(); count > 0; count = queue.drain()) {
      release(0, count);
    }
  }

  private void awaitSpace(int dataBytes)
      throws IOException, StoppedException, InterruptedException {
    if (!log.hasSpace(dataBytes) && !domain.awaitSpace(dataBytes)) {
      throw new StoppedException();
    }
  }

  /** The host in the log, null when the log does not know it. */
  private HostState hostOf(SessionProgress progress) {
    for (HostState host : log.hosts()) {
      if (host.number() == progress.slot().number()) {
        return host;
      }
    }
    return null;
  }
}
