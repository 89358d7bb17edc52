package io.drva.protocol;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection so that the peer reads the last frame. Closing a socket that has unread bytes
 * resets the connection, and a reset takes from the peer what it has not read yet. So the last
 * frame is followed by the end of the output only, what still comes is read and dropped, and the
 * connection closes when the peer has closed or {@link #LINGER_MS} have passed.
 */
final class LastWords {
  /** How long a dead connection waits for its peer. */
  static final int LINGER_MS = 2_000;

  private LastWords() {}

  /** Closes without waiting for the peer; what happens to the socket then concerns nobody here. */
  static void closeNow(Channel channel) {
    var _ = channel.close();
  }

  /** Sends a last frame. On the event loop; the caller drops whatever is read from now on. */
  static void say(ControlOutput output, ControlFrame last) {
    boolean said = false;
    try {
      closeAfter(output.flushLast(last));
      said = true;
    } finally {
      if (!said) {
        closeNow(output.channel()); // No memory for last words, say: then without them.
      }
    }
  }

  private static void closeAfter(ChannelFuture lastWrite) {
    Channel channel = lastWrite.channel();
    channel.config().setAutoRead(true);
    Future<?> deadline =
        channel.eventLoop().schedule(() -> closeNow(channel), LINGER_MS, TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> deadline.cancel(false));
    lastWrite.addListener(
        written -> {
          if (written.isSuccess() && channel instanceof SocketChannel socket) {
            var _ = socket.shutdownOutput();
          } else {
            closeNow(channel);
          }
        });
  }
}
