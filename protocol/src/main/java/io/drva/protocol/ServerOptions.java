package io.drva.protocol;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Limits and addresses of a {@link ProtocolServer}.
 *
 * @param listen where to accept connections; port 0 takes a free one
 * @param eventLoopThreads threads that read the sockets, 1 to 256
 * @param dataBytesMax largest data of one frame, 4,096 to 1,048,576
 * @param windowBytes bytes that a client may have sent and not logged, 64 KiB to 2^31 - 1
 * @param streamsMax disks open on one connection, 1 to 65,536
 * @param sessionsMax connections, 1 to 65,536
 * @param idleTimeoutMs silence after which a connection is ended, 60 to 3,600,000
 * @param wallClockMicros microseconds since 1970; called on event loops
 */
public record ServerOptions(
    InetSocketAddress listen,
    int eventLoopThreads,
    int dataBytesMax,
    int windowBytes,
    int streamsMax,
    int sessionsMax,
    int idleTimeoutMs,
    LongSupplier wallClockMicros) {

  public static final int EVENT_LOOP_THREADS_MAX = 256;
  public static final int WINDOW_BYTES_MIN = 64 << 10;
  public static final int STREAMS_MAX_HIGHEST = 65_536;
  public static final int SESSIONS_MAX_HIGHEST = 65_536;
  public static final int IDLE_TIMEOUT_MS_MIN = 60;
  public static final int IDLE_TIMEOUT_MS_MAX = 3_600_000;

  public ServerOptions {
    Objects.requireNonNull(listen, "listen");
    Objects.requireNonNull(wallClockMicros, "wallClockMicros");
    Checks.range("eventLoopThreads", eventLoopThreads, 1, EVENT_LOOP_THREADS_MAX);
    Checks.range(
        "dataBytesMax", dataBytesMax, Wire.DATA_BYTES_MAX_LOWEST, Wire.DATA_BYTES_MAX_HIGHEST);
    Checks.range("windowBytes", windowBytes, WINDOW_BYTES_MIN, Integer.MAX_VALUE);
    Checks.range("streamsMax", streamsMax, 1, STREAMS_MAX_HIGHEST);
    Checks.range("sessionsMax", sessionsMax, 1, SESSIONS_MAX_HIGHEST);
    Checks.range("idleTimeoutMs", idleTimeoutMs, IDLE_TIMEOUT_MS_MIN, IDLE_TIMEOUT_MS_MAX);
  }

  /**
   * What suits a small appliance: frames of 256 KiB, a window of 32 MiB, 30 s of silence. A frame
   * is received into one piece of memory, so 256 connections take at most 64 MiB and a little.
   */
  public static ServerOptions defaults(InetSocketAddress listen) {
    int threads = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 8);
    return new ServerOptions(
        listen, threads, Wire.DATA_BYTES_MAX_USUAL, 32 << 20, 1_024, 256, 30_000, new WallClock());
  }

  /** WELCOME with these limits. */
  ControlFrame.Welcome welcome(ServerSession.Position position) {
    return new ControlFrame.Welcome(
        Wire.VERSION,
        dataBytesMax,
        windowBytes,
        streamsMax,
        idleTimeoutMs,
        position.loggedSeq(),
        position.replicatedSeq(),
        wallClockMicros.getAsLong());
  }
}
