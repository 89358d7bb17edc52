package io.drva.protocol;

import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import java.util.function.IntSupplier;

/** The server's end of a connection over any channel: what {@link ProtocolServer} makes of one. */
public final class ServedConnection {
  private static final WriteBufferWaterMark OUTPUT_BYTES =
      new WriteBufferWaterMark(16 << 10, 64 << 10);

  private final ServerConnection connection;

  private ServedConnection(ServerConnection connection) {
    this.connection = connection;
  }

  /** Begins to serve a channel that stands. */
  public static ServedConnection serve(
      SocketChannel channel,
      EventLoop loop,
      ServerOptions options,
      SessionAcceptor acceptor,
      IntSupplier receiveBytes) {
    channel.config().setAllocator(Transport.ALLOCATOR);
    channel.config().setWriteBufferWaterMark(OUTPUT_BYTES);
    ServerConnection connection = new ServerConnection(channel, options, acceptor, receiveBytes);
    channel.pipeline().addLast(connection);
    var _ = loop.register(channel);
    return new ServedConnection(connection);
  }

  /** Ends the session in order, because the server goes down. */
  public void shutDown() {
    connection.shutDownAndThen(() -> {});
  }
}
