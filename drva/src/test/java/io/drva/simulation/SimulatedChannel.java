package io.drva.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DefaultSocketChannelConfig;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketChannelConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.RejectedExecutionException;

/** One end of a simulated connection, as Netty sees it. */
final class SimulatedChannel extends AbstractChannel implements SocketChannel {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private final Pipe in;
  private final Pipe out;
  private final SocketChannelConfig config = new DefaultSocketChannelConfig(this, new NoSocket());
  private boolean open = true;
  private boolean outputShutdown;
  private boolean readPending;

  /** Netty's configuration wants a socket to set options of. */
  private static final class NoSocket extends Socket {
    @Override
    public void setTcpNoDelay(boolean on) {}
  }

  SimulatedChannel(InetSocketAddress local, InetSocketAddress remote, Pipe in, Pipe out) {
    super(null);
    this.local = local;
    this.remote = remote;
    this.in = in;
    this.out = out;
    in.reader(() -> later(this::readable));
    out.writer(() -> later(unsafe()::flush));
  }

  private void later(Runnable action) {
    if (!isRegistered()) {
      return;
    }
    try {
      eventLoop().execute(action);
    } catch (RejectedExecutionException e) {
      // The process has ended, and its connections with it.
      in.closeReader();
    }
  }

  private void readable() {
    if (!open || !readPending || !in.isReadable()) {
      return;
    }
    if (in.isReset()) {
      broken();
      return;
    }
    readPending = false;
    var handle = unsafe().recvBufAllocHandle();
    handle.reset(config);
    boolean ended = false;
    do {
      ByteBuf buffer = handle.allocate(alloc());
      handle.attemptedBytesRead(buffer.writableBytes());
      int count = in.read(buffer);
      handle.lastBytesRead(count);
      if (count <= 0) {
        buffer.release();
        ended = count < 0;
        break;
      }
      handle.incMessagesRead(1);
      pipeline().fireChannelRead(buffer);
    } while (handle.continueReading());
    handle.readComplete();
    pipeline().fireChannelReadComplete();
    if (ended) {
      unsafe().close(unsafe().voidPromise());
    }
  }

  /** This end learns that the connection is broken; the other does not. */
  void reset() {
    later(this::broken);
  }

  private void broken() {
    if (open) {
      pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
      unsafe().close(unsafe().voidPromise());
    }
  }

  @Override
  protected void doBeginRead() {
    readPending = true;
    if (in.isReadable()) {
      later(this::readable);
    }
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer buffer) throws IOException {
    while (buffer.current() instanceof ByteBuf bytes) {
      if (out.isReset()) {
        throw new IOException("Broken pipe");
      }
      int count = out.write(bytes);
      buffer.removeBytes(count);
      if (count == 0 && bytes.isReadable()) {
        return; // The pipe says when it has room again.
      }
    }
  }

  @Override
  protected void doClose() {
    open = false;
    in.closeReader();
    out.closeWriter();
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doShutdownOutput() {
    outputShutdown = true;
    out.closeWriter();
  }

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException("a connection stands from the start");
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new AbstractUnsafe() {
      @Override
      public void connect(SocketAddress to, SocketAddress from, ChannelPromise promise) {
        throw new UnsupportedOperationException("a connection stands from the start");
      }
    };
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected SocketAddress localAddress0() {
    return local;
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public ServerSocketChannel parent() {
    return null;
  }

  @Override
  public SocketChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public boolean isInputShutdown() {
    return !open;
  }

  @Override
  public boolean isOutputShutdown() {
    return outputShutdown || !open;
  }

  @Override
  public boolean isShutdown() {
    return isInputShutdown() && isOutputShutdown();
  }

  @Override
  public ChannelFuture shutdownInput() {
    throw new UnsupportedOperationException("nobody does");
  }

  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    throw new UnsupportedOperationException("nobody does");
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    ((AbstractUnsafe) unsafe()).shutdownOutput(promise);
    return promise;
  }

  @Override
  public ChannelFuture shutdown() {
    throw new UnsupportedOperationException("nobody does");
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    throw new UnsupportedOperationException("nobody does");
  }
}
