package io.drva.protocol;

import java.net.SocketAddress;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One session as the server's owner of the domain sees it. All methods are thread-safe, do not
 * block and return before their effect: requests are left here and carried out on the session's
 * event loop, all that came in between in one turn. Requests to a session that is over do nothing.
 */
public final class ServerSession {
  /** The logged position with which the session starts. */
  record Position(long loggedSeq, long replicatedSeq) {}

  private final ServerConnection connection;
  private final ControlFrame.Hello hello;
  private final SocketAddress remote;
  private final ClockOffset clock;

  private final AtomicBoolean signalled = new AtomicBoolean();
  private final AtomicReference<Position> welcome = new AtomicReference<>();
  private final AtomicReference<ProtocolException> failure = new AtomicReference<>();

  // What came after WELCOME; 0 before. The event loop may be at work while WELCOME is given, and
  // must not see one part of the position without the other.
  private final AtomicLong loggedSeq = new AtomicLong();
  private final AtomicLong replicatedSeq = new AtomicLong();
  private final AtomicInteger creditBytes = new AtomicInteger();
  private volatile Pressure pressure = Pressure.NORMAL;
  private volatile boolean paused;
  private volatile boolean finishing;

  ServerSession(
      ServerConnection connection,
      ControlFrame.Hello hello,
      SocketAddress remote,
      ClockOffset clock) {
    this.connection = connection;
    this.hello = hello;
    this.remote = remote;
    this.clock = clock;
  }

  /** Name of the host, valid by the rules for names. */
  public String host() {
    return hello.host();
  }

  /** Name of the domain, valid by the rules for names. */
  public String domain() {
    return hello.domain();
  }

  /** What the host's sequence numbers belong to. */
  public UUID incarnation() {
    return hello.incarnation();
  }

  /** The client's clock when it sent HELLO, microseconds since 1970. */
  public long clientTimeMicros() {
    return hello.clientTimeMicros();
  }

  /** Name and version of the client; control characters replaced. */
  public String software() {
    return Names.printable(hello.software());
  }

  /** The client's address. */
  public SocketAddress remote() {
    return remote;
  }

  /**
   * Server clock minus client clock, in microseconds: added to a time of the client it gives the
   * server's. Before the first measurement, a guess from HELLO that is early by the way of that
   * frame.
   */
  public long clockOffsetMicros() {
    return clock.micros();
  }

  /**
   * Starts the session. The first extent must then carry {@code loggedSeq + 1}.
   *
   * @param loggedSeq last sequence number of this host and incarnation that is logged
   * @param replicatedSeq last that is replicated, at most {@code loggedSeq}
   */
  public void welcome(long loggedSeq, long replicatedSeq) {
    if (replicatedSeq < 0 || replicatedSeq > loggedSeq) {
      throw new IllegalArgumentException(
          "replicated " + replicatedSeq + " is not within logged " + loggedSeq);
    }
    if (!welcome.compareAndSet(null, new Position(loggedSeq, replicatedSeq))) {
      throw new IllegalStateException("welcome was called before");
    }
    signal();
  }

  /**
   * Every frame up to {@code seq} is on the log store volume and forced. Smaller numbers than
   * before do nothing.
   */
  public void logged(long seq) {
    raise(loggedSeq, seq);
    signal();
  }

  /**
   * Every frame up to {@code seq} is in the object store. Told to the client only as far as it has
   * been logged.
   */
  public void replicated(long seq) {
    raise(replicatedSeq, seq);
    signal();
  }

  /** Gives the client a new window, in bytes. */
  public void credit(int windowBytes) {
    Checks.range("windowBytes", windowBytes, 1, Integer.MAX_VALUE);
    creditBytes.set(windowBytes);
    signal();
  }

  /** Tells the client how full the log is, unless it knows. */
  public void pressure(Pressure level) {
    pressure = level;
    signal();
  }

  /**
   * Stops reading the socket, so that the client's sending comes to rest. Nothing is dropped:
   * called on the event loop, the frames of the one read that is being taken apart are still
   * delivered, at most {@code max(512 KiB, largest frame)} of them; called from another thread,
   * those of one read more. Idempotent. The idle timeout does not run while paused.
   */
  public void pauseReading() {
    paused = true;
    signal();
    connection.pausedOnLoop();
  }

  /** Reads again. Idempotent. */
  public void resumeReading() {
    paused = false;
    signal();
  }

  /** Ends the session with an ERROR. The first call counts. */
  public void fail(ErrorCode code, String message) {
    failure.compareAndSet(null, new ProtocolException(code, message));
    signal();
  }

  /**
   * Ends the session in order: a last ACK and CLOSE. If the client had not sent CLOSE, it takes
   * this as "shutting down", comes back and resumes.
   */
  public void finish() {
    finishing = true;
    signal();
  }

  long loggedSeq() {
    return loggedSeq.get();
  }

  long replicatedSeq() {
    return replicatedSeq.get();
  }

  Pressure pressure() {
    return pressure;
  }

  boolean isPaused() {
    return paused;
  }

  boolean isFinishing() {
    return finishing;
  }

  Position position() {
    return welcome.get();
  }

  ProtocolException failure() {
    return failure.get();
  }

  /** The new window, or 0 if there is none; at most once. */
  int takeCreditBytes() {
    return creditBytes.get() == 0 ? 0 : creditBytes.getAndSet(0);
  }

  /** To be called before the requests are read: later ones signal again. */
  void acknowledgeSignal() {
    signalled.set(false);
  }

  private void signal() {
    if (!signalled.get() && signalled.compareAndSet(false, true)) {
      connection.wake();
    }
  }

  private static void raise(AtomicLong value, long candidate) {
    long current = value.get();
    while (candidate > current && !value.compareAndSet(current, candidate)) {
      current = value.get();
    }
  }

  @Override
  public String toString() {
    return "session " + hello.host() + "/" + hello.domain() + " from " + remote;
  }
}
