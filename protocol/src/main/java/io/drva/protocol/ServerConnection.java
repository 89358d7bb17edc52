package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's end of one connection: the state machine. Everything runs on the channel's event
 * loop, except {@link #wake()}.
 *
 * <p>What other threads ask for is left in {@link ServerSession} and carried out by {@link
 * #serve()}. Whatever goes wrong here ends this session only.
 */
final class ServerConnection extends ChannelInboundHandlerAdapter implements FrameSink {
  private static final Logger LOG = LoggerFactory.getLogger(ServerConnection.class);

  private final Channel channel;
  private final ServerOptions options;
  private final SessionAcceptor acceptor;
  private final ReceiveBuffer receive;
  private final FrameReader reader;
  private final ControlOutput output;
  private final ServerStreams streams;
  private final Liveness liveness = new Liveness();
  private final PeerClock clock;
  private final AcknowledgedPosition told = new AcknowledgedPosition();
  private final Runnable serveTask = this::serveGuarded;

  private ServerState state = ServerState.CONNECTED;
  private ServerSession session;
  private SessionHandler handler;
  private Future<?> ticks;
  private long nextSeq;
  private Pressure toldPressure = Pressure.NORMAL;
  private boolean batchOpen;

  /**
   * @param receiveBytes what the connection's receive buffer may have
   */
  ServerConnection(
      Channel channel, ServerOptions options, SessionAcceptor acceptor, IntSupplier receiveBytes) {
    this.channel = channel;
    this.options = options;
    this.acceptor = acceptor;
    this.receive = new ReceiveBuffer(receiveBytes);
    this.clock = new PeerClock(options.wallClockMicros());
    this.reader = new FrameReader(receive, this, options.dataBytesMax());
    this.output = new ControlOutput(channel);
    this.streams = new ServerStreams(options.streamsMax());
    channel.config().setRecvByteBufAllocator(receive);
  }

  /** Has the requests of other threads carried out. Thread-safe. */
  void wake() {
    try {
      channel.eventLoop().execute(serveTask);
    } catch (RejectedExecutionException e) {
      // The event loop has shut down and has ended this session before.
      LOG.trace("{} is gone", this, e);
    }
  }

  /** Stops reading at once if the caller is on the event loop. */
  void pausedOnLoop() {
    if (channel.eventLoop().inEventLoop()) {
      updateReading();
    }
  }

  /** Has the session ended because the server goes down. Thread-safe. */
  void shutDownAndThen(Runnable closed) {
    channel.closeFuture().addListener(future -> closed.run());
    channel.eventLoop().execute(this::shutDown);
  }

  /** Ends the session because the server goes down. */
  private void shutDown() {
    if (state == ServerState.DEAD) {
      return;
    }
    boolean welcomed = state == ServerState.ESTABLISHED || state == ServerState.CLOSING;
    acknowledge();
    end(new SessionEnd.ShutDown());
    LastWords.say(
        output,
        welcomed
            ? new ControlFrame.Close(ControlFrame.Close.SHUTTING_DOWN)
            : new ControlFrame.Failure(
                ErrorCode.SHUTTING_DOWN, reader.frameOffset(), 0, "the DRVA is going down"));
  }

  /** Ends the session with an ERROR. */
  void fail(ProtocolException fault) {
    ProtocolException placed = fault.at(reader.frameOffset(), 0);
    if (end(new SessionEnd.Failed(placed.code(), placed.getMessage(), false))) {
      LastWords.say(output, placed.frame());
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    if (state == ServerState.DEAD) {
      return; // Refused as it came.
    }
    long periodMs = Math.max(1, options.idleTimeoutMs() / Liveness.TICKS_PER_IDLE_TIMEOUT);
    ticks =
        channel
            .eventLoop()
            .scheduleWithFixedDelay(this::tickGuarded, periodMs, periodMs, TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ((ByteBuf) message).release(); // The receive buffer holds a reference of its own.
    if (state == ServerState.DEAD) {
      receive.release();
      return;
    }
    if (state != ServerState.CONNECTED) {
      liveness.received(); // A stranger gets one timeout for its HELLO, however slowly it drips.
    }
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
    try {
      completeBatch();
      flush();
    } catch (Throwable e) {
      failInternally(e);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    updateReading();
    if (channel.isWritable()) {
      serveTask.run();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end(new SessionEnd.Lost("the connection was closed"));
    output.release();
    receive.release();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    end(new SessionEnd.Lost(cause.toString()));
    LastWords.closeNow(channel);
  }

  @Override
  public void accept(FrameType type) throws ProtocolException {
    state.accept(type);
  }

  @Override
  public void control(ControlFrame frame) throws ProtocolException {
    switch (frame) {
      case ControlFrame.Hello hello -> attach(hello);
      case ControlFrame.Open open -> {
        int disk = streams.open(open, handler);
        output.add(new ControlFrame.Opened(open.stream(), disk));
      }
      case ControlFrame.Ping ping -> output.add(clock.answer(ping));
      case ControlFrame.Pong pong -> clock.pong(pong);
      case ControlFrame.Close close -> {
        state(ServerState.CLOSING, close);
        completeBatch();
        handler.close();
      }
      case ControlFrame.Failure failure -> {
        end(new SessionEnd.Failed(failure.code(), Names.printable(failure.message()), true));
        LastWords.closeNow(channel);
      }
      case ControlFrame.Welcome _,
          ControlFrame.Opened _,
          ControlFrame.Ack _,
          ControlFrame.Credit _,
          ControlFrame.Pressure _,
          ControlFrame.CheckpointPrepare _,
          ControlFrame.CheckpointReady _,
          ControlFrame.CheckpointCommit _,
          ControlFrame.ResyncBegin _,
          ControlFrame.ResyncEnd _ ->
          throw new IllegalStateException(frame.type() + " passed the table of " + state);
    }
  }

  @Override
  public void extentHead(ExtentFrame frame) throws ProtocolException {
    if (frame.seq() != nextSeq) {
      throw new ProtocolException(
          ErrorCode.SEQUENCE_GAP,
          frame.type() + " has seq " + frame.seq() + ", the next one is " + nextSeq);
    }
    frame.bind(session, streams.check(frame));
  }

  @Override
  public void extent(ExtentFrame frame) {
    nextSeq++;
    batchOpen = true;
    handler.extent(frame);
  }

  private void attach(ControlFrame.Hello hello) throws ProtocolException {
    state(ServerState.ATTACHING, hello);
    clock.seed(hello.clientTimeMicros());
    session = new ServerSession(this, hello, channel.remoteAddress(), clock.offset());
    handler = Objects.requireNonNull(acceptor.attach(session), "handler");
  }

  private void serveGuarded() {
    try {
      serve();
    } catch (Throwable e) {
      failInternally(e);
    }
  }

  private void tickGuarded() {
    try {
      tick();
    } catch (Throwable e) {
      failInternally(e);
    }
  }

  /** Carries out what was asked of the session. */
  private void serve() {
    if (state == ServerState.DEAD || session == null) {
      return;
    }
    session.acknowledgeSignal();
    if (session.failure() != null) {
      fail(session.failure());
      return;
    }
    if (state == ServerState.ATTACHING && session.position() != null) {
      welcome(session.position());
    }
    if (session.loggedSeq() >= nextSeq && state != ServerState.ATTACHING) {
      failInternally(
          new IllegalStateException(
              "logged " + session.loggedSeq() + " before seq " + nextSeq + " was received"));
      return;
    }
    if (session.isFinishing()) {
      finish();
      return;
    }
    updateReading();
    flush();
  }

  private void welcome(ServerSession.Position position) {
    output.add(options.welcome(position));
    nextSeq = position.loggedSeq() + 1;
    told.start(position);
    receive.unlock();
    liveness.received(); // The client had to be silent until now.
    state(ServerState.ESTABLISHED, position);
    output.add(clock.ping());
  }

  private void finish() {
    if (state != ServerState.CLOSING) {
      shutDown();
      return;
    }
    acknowledge();
    end(new SessionEnd.Closed());
    LastWords.say(output, new ControlFrame.Close(ControlFrame.Close.DONE));
  }

  /** Sends what is due, unless the client does not read: then it is made up for when it does. */
  private void flush() {
    if (state != ServerState.DEAD && channel.isWritable()) {
      acknowledge();
      int creditBytes = isWelcomed() ? session.takeCreditBytes() : 0;
      if (creditBytes > 0) {
        output.add(new ControlFrame.Credit(creditBytes));
      }
      tellPressure();
    }
    if (output.flush()) {
      liveness.sent();
      updateReading(); // The answers to a client that does not read are bounded by not reading it.
    }
  }

  private void tellPressure() {
    if (isWelcomed() && session.pressure() != toldPressure) {
      toldPressure = session.pressure();
      output.add(new ControlFrame.Pressure(toldPressure.level()));
    }
  }

  private void acknowledge() {
    if (!isWelcomed()) {
      return;
    }
    ControlFrame.Ack ack = told.next(session);
    if (ack != null) {
      output.add(ack);
    }
  }

  private void tick() {
    boolean awaited = isReading() && state != ServerState.ATTACHING;
    liveness.tick(awaited, channel.isWritable());
    if (liveness.isResting()) {
      receive.releaseIfEmpty();
    }
    if (liveness.isSilent()) {
      fail(
          new ProtocolException(
              ErrorCode.IDLE_TIMEOUT, "nothing received for " + options.idleTimeoutMs() + " ms"));
    } else if (liveness.isClogged()) {
      end(new SessionEnd.Lost("the client took nothing for " + options.idleTimeoutMs() + " ms"));
      LastWords.closeNow(channel);
    } else if (isWelcomed() && liveness.isPingDue() && channel.isWritable()) {
      output.add(clock.ping());
      flush();
    }
  }

  private void completeBatch() {
    if (batchOpen) {
      batchOpen = false;
      handler.readComplete();
    }
  }

  private boolean isWelcomed() {
    return state == ServerState.ESTABLISHED || state == ServerState.CLOSING;
  }

  private boolean isReading() {
    boolean paused = session != null && session.isPaused();
    return !paused && channel.isWritable();
  }

  private void updateReading() {
    if (state != ServerState.DEAD) {
      boolean reading = isReading();
      if (channel.config().isAutoRead() != reading) {
        channel.config().setAutoRead(reading);
      }
    }
  }

  private void failInternally(Throwable cause) {
    LOG.error("{}: defect, ending this session", this, cause);
    fail(new ProtocolException(ErrorCode.INTERNAL, "defect in the server: " + cause));
  }

  /**
   * The one way into DEAD: gives memory back and tells the handler. False if it was dead before.
   */
  private boolean end(SessionEnd end) {
    if (state == ServerState.DEAD) {
      return false;
    }
    state(ServerState.DEAD, end);
    if (ticks != null) {
      ticks.cancel(false);
    }
    reader.release();
    if (handler != null) {
      try {
        completeBatch();
      } catch (RuntimeException e) {
        LOG.error("{}: the handler failed on its last batch", this, e);
      }
      try {
        handler.ended(end);
      } catch (RuntimeException e) {
        // Nobody is left to tell: the session is over, and the other sessions must not notice.
        LOG.error("{}: the handler failed on {}", this, end, e);
      }
    }
    return true;
  }

  private void state(ServerState next, Object reason) {
    LOG.debug("{}: {} -> {} ({})", this, state, next, reason);
    state = next;
  }

  @Override
  public String toString() {
    return session != null ? session.toString() : "connection from " + channel.remoteAddress();
  }
}
