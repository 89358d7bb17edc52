package io.drva.protocol;

import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A host's client over channels of any kind: what {@link HostClient} does, but that whoever uses it
 * makes the connections, and that it never waits. On one event loop.
 */
public final class ChannelClient {
  private static final WriteBufferWaterMark OUTPUT_BYTES =
      new WriteBufferWaterMark(512 << 10, 1 << 20);

  /** Who uses the client. */
  public interface Owner extends HostClient.Listener {
    /** A connection shall be made: {@link #connected} or {@link #disconnected} is to follow. */
    void connect();

    /** The session was closed in order. */
    void closed();
  }

  private final ClientOptions options;
  private final EventLoop loop;
  private final Owner owner;
  private final Outbox outbox;
  private final ReconnectDelay delay;
  private ClientConnection connection;
  private Future<?> reconnect;
  private boolean stopped;

  public ChannelClient(ClientOptions options, EventLoop loop, Owner owner) {
    this.options = options;
    this.loop = loop;
    this.owner = owner;
    this.outbox = new Outbox(options.retainedBytesMax(), options.dataBytesMax());
    this.delay =
        new ReconnectDelay(options.reconnectMinMs(), options.reconnectMaxMs(), options.random());
  }

  public DiskStream open(String vm, String disk, long capacityBytes, int sectorBytes)
      throws SessionFailedException {
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

  public long lastSeq() {
    return outbox.lastSeq();
  }

  public long loggedSeq() {
    return outbox.loggedSeq();
  }

  public long replicatedSeq() {
    return outbox.replicatedSeq();
  }

  /** A connection stands. */
  public void connected(SocketChannel channel) {
    if (stopped) {
      channel.unsafe().closeForcibly();
      return;
    }
    channel.config().setAllocator(Transport.ALLOCATOR);
    channel.config().setWriteBufferWaterMark(OUTPUT_BYTES);
    connection = new ClientConnection(channel, options, outbox, new Session());
    channel.pipeline().addLast(connection);
    var _ = loop.register(channel);
  }

  /** A connection could not be made. */
  public void refused(String reason) {
    comeBack(null, reason);
  }

  /** Says CLOSE if a session stands. */
  public boolean close() {
    return connection != null && connection.close();
  }

  /** Drops the connection without a word, and everything that is not logged. */
  public void abort() {
    stopped = true;
    outbox.fail(new SessionFailedException(null, "the host is gone"));
    if (reconnect != null) {
      reconnect.cancel(false);
    }
    if (connection != null) {
      connection.abort("the host is gone");
    }
  }

  private void wake() {
    if (connection != null) {
      connection.wake();
    }
  }

  private void comeBack(ErrorCode code, String reason) {
    if (stopped) {
      return;
    }
    if (code != null && !code.mayRetry()) {
      stopped = true;
      SessionFailedException failure = new SessionFailedException(code, reason);
      outbox.fail(failure);
      owner.failed(failure);
      return;
    }
    owner.disconnected(reason);
    reconnect = loop.schedule(owner::connect, delay.nextMs(), TimeUnit.MILLISECONDS);
  }

  private void report() {
    owner.logged(loggedSeq());
    owner.replicated(replicatedSeq());
  }

  private final class Session implements ClientConnection.Owner {
    @Override
    public void welcomed(ControlFrame.Welcome welcome) {
      owner.connected(welcome.loggedSeq(), welcome.replicatedSeq());
      report();
    }

    @Override
    public void acknowledged(ControlFrame.Ack ack) throws ProtocolException {
      outbox.acknowledge(ack);
      report();
    }

    @Override
    public void pressed(Pressure level) {
      owner.pressure(level);
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
        outbox.fail(new SessionFailedException(null, "closed"));
        owner.closed();
      } else {
        comeBack(code, reason);
      }
    }
  }
}
