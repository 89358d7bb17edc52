package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's end of one connection: the state machine. Everything runs on the channel's event
 * loop, except {@link #wake()}.
 */
final class ClientConnection extends ChannelInboundHandlerAdapter implements FrameSink {
  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  /** Bytes that are collected for one flush. */
  private static final int FLUSH_BYTES = 256 << 10;

  /** Flushes in one turn of the event loop, before it looks at what has come. */
  private static final int FLUSHES_PER_TURN = 8;

  /** What the connection tells its client, on the event loop. */
  interface Owner {
    /** The session stands. */
    void welcomed(ControlFrame.Welcome welcome) throws ProtocolException;

    /** The server has come further. */
    void acknowledged(ControlFrame.Ack ack) throws ProtocolException;

    /** The server's log fills, or has room again. */
    void pressed(Pressure level);

    /** The session has stood for a while. */
    void settled();

    /**
     * The connection is over. Exactly once, unless it never stood.
     *
     * @param code of the ERROR that ended it, or null
     * @param orderly whether both sides said CLOSE
     */
    void ended(ErrorCode code, String reason, boolean orderly);
  }

  private final Channel channel;
  private final ClientOptions options;
  private final Outbox outbox;
  private final Owner owner;
  private final LongSupplier clock;
  private final ReceiveBuffer receive = new ReceiveBuffer(() -> ReceiveBuffer.CLIENT_BYTES);
  private final FrameReader reader = new FrameReader(receive, this, 0);
  private final ControlOutput output;
  private final FrameBatch batch;
  private final Liveness liveness = new Liveness();
  private final AtomicBoolean awake = new AtomicBoolean();
  private final Runnable drainTask = this::drain;

  private ClientState state = ClientState.GREETED;
  private Future<?> timer;
  private boolean draining;
  private int ticksStood;

  ClientConnection(Channel channel, ClientOptions options, Outbox outbox, Owner owner) {
    this.channel = channel;
    this.options = options;
    this.outbox = outbox;
    this.owner = owner;
    this.clock = options.wallClockMicros();
    this.output = new ControlOutput(channel);
    this.batch = new FrameBatch(channel);
    channel.config().setRecvByteBufAllocator(receive);
  }

  /** There may be something to send. Thread-safe. */
  void wake() {
    if (!awake.get() && awake.compareAndSet(false, true)) {
      try {
        channel.eventLoop().execute(drainTask);
      } catch (RejectedExecutionException e) {
        // The client has been closed, which has ended this connection.
        LOG.trace("{} is gone", this, e);
      }
    }
  }

  /** Sends CLOSE if the session stands; the owner hears of the end then. False if it does not. */
  boolean close() {
    if (state != ClientState.ESTABLISHED) {
      return false;
    }
    state(ClientState.CLOSING, "closed by its user");
    output.add(new ControlFrame.Close(ControlFrame.Close.DONE));
    output.flush();
    return true;
  }

  /** Ends the connection without a word. */
  void abort(String reason) {
    end(null, reason, false);
    LastWords.closeNow(channel);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    timer =
        channel
            .eventLoop()
            .schedule(
                () -> abort("no answer to HELLO"),
                options.welcomeTimeoutMs(),
                TimeUnit.MILLISECONDS);
    output.add(
        new ControlFrame.Hello(
            Wire.VERSION,
            Wire.VERSION,
            options.incarnation(),
            clock.getAsLong(),
            options.host(),
            options.domain(),
            options.software()));
    output.flush();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ((ByteBuf) message).release(); // The receive buffer holds a reference of its own.
    if (state == ClientState.DEAD) {
      receive.release();
      return;
    }
    liveness.received();
    try {
      reader.read(channel.alloc());
    } catch (ProtocolException e) {
      fail(e);
    } catch (Throwable e) {
      failInternally(e);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (output.flush()) {
      liveness.sent();
    }
    drain(); // An acknowledgement may have opened the window.
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      drain();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(null, "the connection was closed", false);
    output.release();
    batch.release();
    receive.release();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    abort(cause.toString());
  }

  @Override
  public void accept(FrameType type) throws ProtocolException {
    state.accept(type);
  }

  @Override
  public void control(ControlFrame frame) throws ProtocolException {
    switch (frame) {
      case ControlFrame.Welcome welcome -> welcomed(welcome);
      case ControlFrame.Opened opened -> outbox.opened(opened);
      case ControlFrame.Ack ack -> owner.acknowledged(ack);
      case ControlFrame.Credit credit -> outbox.window(credit.windowBytes());
      case ControlFrame.Pressure pressure -> owner.pressed(Pressure.of(pressure.level()));
      case ControlFrame.Ping ping -> answer(ping);
      case ControlFrame.Pong
              _ -> {} // Shows that the server is there; the server does the measuring.
      case ControlFrame.Close close -> closedByServer(close);
      case ControlFrame.Failure failure -> {
        end(failure.code(), Names.printable(failure.message()), false);
        LastWords.closeNow(channel);
      }
      case ControlFrame.Hello _,
          ControlFrame.Open _,
          ControlFrame.CheckpointPrepare _,
          ControlFrame.CheckpointReady _,
          ControlFrame.CheckpointCommit _,
          ControlFrame.ResyncBegin _,
          ControlFrame.ResyncEnd _ ->
          throw new IllegalStateException(frame.type() + " passed the table of " + state);
    }
  }

  @Override
  public void extentHead(ExtentFrame frame) {
    throw new IllegalStateException(frame.type() + " passed the table of " + state);
  }

  @Override
  public void extent(ExtentFrame frame) {
    throw new IllegalStateException(frame.type() + " passed the table of " + state);
  }

  private void welcomed(ControlFrame.Welcome welcome) throws ProtocolException {
    if (welcome.version() != Wire.VERSION) {
      throw new ProtocolException(
          ErrorCode.VERSION_MISMATCH, "the server chose version " + welcome.version());
    }
    timer.cancel(false);
    outbox.resume(welcome);
    receive.unlock();
    state(ClientState.ESTABLISHED, welcome);
    long periodMs = Math.max(1, welcome.idleTimeoutMs() / Liveness.TICKS_PER_IDLE_TIMEOUT);
    timer =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(this::tick, periodMs, periodMs, TimeUnit.MILLISECONDS);
    owner.welcomed(welcome);
  }

  private void answer(ControlFrame.Ping ping) {
    // A server that holds this client back does not need the answer, and answers must not pile up.
    if (channel.isWritable()) {
      long now = clock.getAsLong();
      output.add(new ControlFrame.Pong(ping.originMicros(), now, now));
    }
  }

  private void closedByServer(ControlFrame.Close close) {
    boolean orderly = state == ClientState.CLOSING && close.reason() == ControlFrame.Close.DONE;
    end(null, orderly ? "closed" : "the server is shutting down", orderly);
    LastWords.closeNow(channel);
  }

  /** Sends what the outbox lets go, as long as the socket takes it. */
  private void drain() {
    awake.set(false); // Before the outbox is asked: what comes later wakes again.
    if (draining || state != ClientState.ESTABLISHED) {
      return; // Flushing may make the channel writable, which comes here again.
    }
    draining = true;
    try {
      boolean more = true;
      for (int i = 0; more && i < FLUSHES_PER_TURN && channel.isWritable(); i++) {
        more = fillAndFlush();
      }
      if (more && channel.isWritable()) {
        wake();
      }
    } catch (ProtocolException e) {
      fail(e);
    } catch (Throwable e) {
      failInternally(e);
    } finally {
      draining = false;
    }
  }

  /** Several batches, each filled under the producers' lock, and one flush without it. */
  private boolean fillAndFlush() throws ProtocolException {
    boolean more = true;
    int bytes = 0;
    while (more && bytes < FLUSH_BYTES && channel.isWritable()) {
      more = outbox.fill(batch);
      bytes += batch.write();
    }
    if (bytes > 0) {
      channel.flush();
      liveness.sent();
    }
    return more;
  }

  private void tick() {
    liveness.tick(true, channel.isWritable());
    ticksStood++;
    if (ticksStood == Liveness.TICKS_PER_IDLE_TIMEOUT) {
      owner.settled();
    }
    if (liveness.isResting()) {
      receive.releaseIfEmpty();
    }
    if (liveness.isSilent()) {
      abort("nothing received for the idle timeout");
    } else if (liveness.isQuiet() && channel.isWritable()) {
      output.add(new ControlFrame.Ping(clock.getAsLong()));
      output.flush();
      liveness.sent();
    }
  }

  private void fail(ProtocolException fault) {
    ProtocolException placed = fault.at(reader.frameOffset(), 0);
    if (end(placed.code(), placed.getMessage(), false)) {
      LastWords.say(output, placed.frame());
    }
  }

  private void failInternally(Throwable cause) {
    LOG.error("{}: defect, ending this connection", this, cause);
    fail(new ProtocolException(ErrorCode.INTERNAL, "defect in the client: " + cause));
  }

  private boolean end(ErrorCode code, String reason, boolean orderly) {
    if (state == ClientState.DEAD) {
      return false;
    }
    state(ClientState.DEAD, reason);
    if (timer != null) {
      timer.cancel(false);
    }
    reader.release();
    owner.ended(code, reason, orderly);
    return true;
  }

  private void state(ClientState next, Object reason) {
    LOG.debug("{}: {} -> {} ({})", this, state, next, reason);
    state = next;
  }

  @Override
  public String toString() {
    return "connection of " + options.host() + "/" + options.domain() + " to " + options.address();
  }
}
