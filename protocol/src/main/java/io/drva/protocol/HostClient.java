package io.drva.protocol;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One host's session with one domain. Keeps every frame until the server has logged it; when the
 * connection is lost it connects again, with growing and randomly shortened delays, and sends again
 * from where the server is. An ERROR that says not to come back fails the client for good.
 *
 * <p>Thread-safe. Runs on one event loop.
 */
public final class HostClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HostClient.class);

  /** What may wait in the channel for the socket. */
  private static final WriteBufferWaterMark OUTPUT_BYTES =
      new WriteBufferWaterMark(512 << 10, 1 << 20);

  /** How long {@link #close} waits for its thread, which has nothing left to do. */
  private static final int TERMINATION_MS = 2_000;

  /** Told what happens, on the event loop: must not block. */
  public interface Listener {
    /** A session stands: the first one, or one after a reconnect. */
    default void connected(long loggedSeq, long replicatedSeq) {}

    /** The connection ended, or could not be made; the client tries again by itself. */
    default void disconnected(String reason) {}

    /** Every frame up to {@code seq} is logged. */
    default void logged(long seq) {}

    /** Every frame up to {@code seq} is replicated. */
    default void replicated(long seq) {}

    /** The server's log fills, or has room again. A session begins NORMAL and is not told so. */
    default void pressure(Pressure level) {}

    /** The session failed for good. */
    default void failed(SessionFailedException cause) {}
  }

  private final ClientOptions options;
  private final Listener listener;
  private final EventLoopGroup ownLoops;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final Outbox outbox;
  private final ReconnectDelay delay;
  private final CountDownLatch over = new CountDownLatch(1);

  private volatile ClientConnection connection;

  // On the event loop only.
  private Future<?> reconnect;
  private long reportedLoggedSeq;
  private long reportedReplicatedSeq;
  private boolean closing;
  private boolean stopped;

  private HostClient(ClientOptions options) {
    this.options = options;
    this.listener = new GuardedListener(options.listener());
    this.outbox = new Outbox(options.retainedBytesMax(), options.dataBytesMax());
    this.delay =
        new ReconnectDelay(options.reconnectMinMs(), options.reconnectMaxMs(), options.random());
    this.ownLoops = options.eventLoops() == null ? Transport.newGroup("drva-client", 1) : null;
    EventLoopGroup loops = ownLoops != null ? ownLoops : options.eventLoops();
    this.loop = loops.next();
    this.bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(Transport.clientChannel(loops))
            .option(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, options.connectTimeoutMs())
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, OUTPUT_BYTES)
            .handler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(newConnection(channel));
                  }
                });
  }

  /** Starts to connect and returns at once; frames are kept until the session stands. */
  public static HostClient connect(ClientOptions options) {
    HostClient client = new HostClient(options);
    client.loop.execute(client::connectNow);
    return client;
  }

  /**
   * Opens a disk. Does not wait for the server: extents may be sent at once, and a refusal fails
   * the session.
   *
   * @param vm name of the virtual machine
   * @param disk name of the disk within it
   * @param capacityBytes a whole number of sectors, up to 2^46
   * @param sectorBytes 512 or 4096
   * @throws IllegalArgumentException if a name or number is not allowed
   */
  public DiskStream open(String vm, String disk, long capacityBytes, int sectorBytes)
      throws SessionFailedException {
    if (!Names.isName(vm) || !Names.isName(disk)) {
      throw new IllegalArgumentException("not a name: " + vm + " or " + disk);
    }
    DiskStream stream =
        outbox.open(
            number ->
                new DiskStream(
                    outbox,
                    this::wake,
                    options.wallClockMicros(),
                    new ControlFrame.Open(number, sectorBytes, capacityBytes, vm, disk)));
    wake();
    return stream;
  }

  /** The last sequence number given out. */
  public long lastSeq() {
    return outbox.lastSeq();
  }

  /** Every frame up to this is on the log store volume. */
  public long loggedSeq() {
    return outbox.loggedSeq();
  }

  /** Every frame up to this is in the object store. */
  public long replicatedSeq() {
    return outbox.replicatedSeq();
  }

  /**
   * Waits until {@code seq} is logged.
   *
   * @return false if that did not happen in time
   */
  public boolean awaitLogged(long seq, Duration timeout)
      throws InterruptedException, SessionFailedException {
    return outbox.await(seq, false, timeout);
  }

  /**
   * Waits until {@code seq} is replicated.
   *
   * @return false if that did not happen in time
   */
  public boolean awaitReplicated(long seq, Duration timeout)
      throws InterruptedException, SessionFailedException {
    return outbox.await(seq, true, timeout);
  }

  /**
   * Ends the session in order: takes nothing more in, waits up to {@code closeTimeoutMs} until all
   * is logged, and closes. Afterwards {@link #loggedSeq()} says how far it came; a caller that must
   * know before uses {@link #awaitLogged}. Not to be called on the event loop.
   */
  @Override
  public void close() {
    if (outbox.stopProducers()) {
      try {
        boolean logged = awaitLogged(lastSeq(), Duration.ofMillis(options.closeTimeoutMs()));
        if (logged) {
          loop.execute(this::closeConnection);
          over.await(options.closeTimeoutMs(), TimeUnit.MILLISECONDS);
        } else {
          LOG.warn("{}: closed with seq {} of {} logged", this, loggedSeq(), lastSeq());
        }
      } catch (SessionFailedException e) {
        LOG.debug("{}: failed before it was closed", this, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    stop(new SessionFailedException(null, "the client was closed"));
    if (ownLoops != null) {
      var _ = ownLoops.terminationFuture().awaitUninterruptibly(TERMINATION_MS);
    }
  }

  /** Drops the connection without CLOSE and everything that is not logged. */
  public void abort() {
    stop(new SessionFailedException(null, "the client was aborted"));
  }

  private void stop(SessionFailedException cause) {
    outbox.fail(cause);
    if (loop.isShuttingDown()) {
      return; // Stopped before.
    }
    loop.execute(
        () -> {
          stopped = true;
          if (reconnect != null) {
            reconnect.cancel(false);
          }
          ClientConnection current = connection;
          if (current != null) {
            current.abort(cause.getMessage());
          }
          over.countDown();
          if (ownLoops != null) {
            var _ = ownLoops.shutdownGracefully(0, TERMINATION_MS, TimeUnit.MILLISECONDS);
          }
        });
  }

  private void wake() {
    ClientConnection current = connection;
    if (current != null) {
      current.wake();
    }
  }

  private void closeConnection() {
    closing = true;
    ClientConnection current = connection;
    if (current == null || !current.close()) {
      over.countDown(); // Nobody is there to say goodbye to, and all is logged.
    }
  }

  private void connectNow() {
    if (stopped || closing) {
      return;
    }
    ChannelFuture attempt = bootstrap.connect(options.address());
    var _ =
        attempt.addListener(
            done -> {
              if (!done.isSuccess()) {
                connection = null;
                comeBack(null, "cannot connect to " + options.address() + ": " + done.cause());
              }
            });
  }

  private ClientConnection newConnection(Channel channel) {
    Session session = new Session();
    connection = new ClientConnection(channel, options, outbox, session);
    return connection;
  }

  /** Decides what follows the end of a connection, or of an attempt to make one. */
  private void comeBack(ErrorCode code, String reason) {
    if (stopped) {
      return;
    }
    if (closing) {
      over.countDown(); // All was logged; only the server's CLOSE is missing.
      return;
    }
    if (code != null && !code.mayRetry()) {
      failForGood(new SessionFailedException(code, reason));
    } else if (delay.attempts() >= options.attemptsMax()) {
      failForGood(
          new SessionFailedException(
              code, "gave up after " + delay.attempts() + " attempts: " + reason));
    } else {
      long delayMs = delay.nextMs();
      LOG.info("{}: {}; trying again in {} ms", this, reason, delayMs);
      listener.disconnected(reason);
      reconnect = loop.schedule(this::connectNow, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  private void failForGood(SessionFailedException cause) {
    LOG.warn("{}: failed for good: {}", this, cause.getMessage());
    stopped = true;
    if (outbox.fail(cause)) {
      listener.failed(cause);
    }
    over.countDown();
  }

  private void report() {
    long logged = loggedSeq();
    if (logged > reportedLoggedSeq) {
      reportedLoggedSeq = logged;
      delay.reset();
      listener.logged(logged);
    }
    long replicated = replicatedSeq();
    if (replicated > reportedReplicatedSeq) {
      reportedReplicatedSeq = replicated;
      listener.replicated(replicated);
    }
  }

  @Override
  public String toString() {
    return "client " + options.host() + "/" + options.domain() + " of " + options.address();
  }

  /** What one connection tells the client. */
  private final class Session implements ClientConnection.Owner {
    @Override
    public void welcomed(ControlFrame.Welcome welcome) {
      LOG.info(
          "{}: connected, logged {}, replicated {}, last {}",
          HostClient.this,
          welcome.loggedSeq(),
          welcome.replicatedSeq(),
          lastSeq());
      listener.connected(welcome.loggedSeq(), welcome.replicatedSeq());
      report();
    }

    @Override
    public void acknowledged(ControlFrame.Ack ack) throws ProtocolException {
      outbox.acknowledge(ack);
      report();
    }

    @Override
    public void pressed(Pressure level) {
      LOG.info("{}: pressure {}", HostClient.this, level);
      listener.pressure(level);
    }

    @Override
    public void settled() {
      delay.reset();
    }

    @Override
    public void ended(ErrorCode code, String reason, boolean orderly) {
      connection = null;
      if (orderly) {
        stopped = true;
        over.countDown();
      } else {
        comeBack(code, reason);
      }
    }
  }
}
