package io.drva.protocol;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts the connections of host filters. Owns its event loop threads. */
public final class ProtocolServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProtocolServer.class);

  /** Connections above {@code sessionsMax} that are told so; further ones are closed unheard. */
  private static final int REFUSED_MAX = 64;

  /** What may wait to be sent to a client that does not read, before it is not read either. */
  private static final WriteBufferWaterMark OUTPUT_BYTES =
      new WriteBufferWaterMark(16 << 10, 64 << 10);

  /**
   * Receive buffers of all connections together, as long as frames fit into them; more connections
   * have smaller ones.
   */
  private static final int RECEIVE_BYTES = 32 << 20;

  private static final int ACCEPT_BACKLOG = 1_024;

  private final ServerOptions options;
  private final SessionAcceptor acceptor;
  private final EventLoopGroup group;
  private final Set<ServerConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connectionCount = new AtomicInteger();
  private Channel listener;

  private ProtocolServer(ServerOptions options, SessionAcceptor acceptor) {
    this.options = options;
    this.acceptor = acceptor;
    this.group = Transport.newGroup("drva-session", options.eventLoopThreads());
  }

  /**
   * Binds and accepts from now on.
   *
   * @throws IOException if the address cannot be bound
   */
  public static ProtocolServer start(ServerOptions options, SessionAcceptor acceptor)
      throws IOException {
    ProtocolServer server = new ProtocolServer(options, acceptor);
    boolean bound = false;
    try {
      server.bind();
      bound = true;
    } finally {
      if (!bound) {
        server.close();
      }
    }
    return server;
  }

  /** Where it listens, with the port that was taken. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /**
   * Stops accepting and ends every session with CLOSE (shutting down), so that clients come back
   * and resume. Waits until they have closed, at most {@link LastWords#LINGER_MS} and a little. Not
   * to be called on an event loop.
   */
  @Override
  public void close() {
    try {
      if (listener != null) {
        listener.close().await();
      }
      CountDownLatch open = new CountDownLatch(connections.size());
      for (ServerConnection connection : connections) {
        connection.shutDownAndThen(open::countDown);
      }
      if (!open.await(2L * LastWords.LINGER_MS, TimeUnit.MILLISECONDS)) {
        LOG.warn("{} connections are still open while their threads end", open.getCount());
      }
      var _ = group.shutdownGracefully(0, LastWords.LINGER_MS, TimeUnit.MILLISECONDS);
      if (!group.awaitTermination(2L * LastWords.LINGER_MS, TimeUnit.MILLISECONDS)) {
        LOG.warn("an event loop is still busy: a session handler blocks it");
      }
    } catch (InterruptedException e) {
      var _ = group.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      Thread.currentThread().interrupt();
    }
  }

  private void bind() throws IOException {
    ChannelFuture bind =
        new ServerBootstrap()
            .group(group)
            .channel(Transport.serverChannel(group))
            .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.ALLOCATOR, Transport.ALLOCATOR)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, OUTPUT_BYTES)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    admit(channel);
                  }
                })
            .bind(options.listen());
    try {
      bind.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while binding " + options.listen());
      interrupted.initCause(e);
      throw interrupted;
    }
    if (!bind.isSuccess()) {
      throw new IOException(
          "cannot listen on " + options.listen() + ": " + bind.cause().getMessage(), bind.cause());
    }
    listener = bind.channel();
    LOG.info("listening on {}", listener.localAddress());
  }

  private int receiveBytes() {
    return Math.clamp(
        RECEIVE_BYTES / Math.max(1, connectionCount.get()),
        ReceiveBuffer.SERVER_BYTES_MIN,
        ReceiveBuffer.SERVER_BYTES);
  }

  private void admit(SocketChannel channel) {
    int count = connectionCount.incrementAndGet();
    channel.closeFuture().addListener(closed -> connectionCount.decrementAndGet());
    if (count > options.sessionsMax() + REFUSED_MAX) {
      LastWords.closeNow(channel);
      return;
    }
    ServerConnection connection =
        new ServerConnection(channel, options, acceptor, this::receiveBytes);
    connections.add(connection);
    channel.closeFuture().addListener(closed -> connections.remove(connection));
    channel.pipeline().addLast(connection);
    if (count > options.sessionsMax()) {
      connection.fail(
          new ProtocolException(
              ErrorCode.LIMIT, "this DRVA has its " + options.sessionsMax() + " sessions"));
    }
  }
}
