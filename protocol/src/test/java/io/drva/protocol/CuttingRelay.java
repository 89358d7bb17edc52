package io.drva.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Passes TCP connections on and resets the first ones, each after a random number of bytes of
 * either direction.
 */
final class CuttingRelay implements AutoCloseable {
  private static final int PIECE_BYTES = 4_096;

  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final RandomGenerator random;
  private final int cuts;
  private final int cutBytesMax;
  private final AtomicInteger connections = new AtomicInteger();

  CuttingRelay(InetSocketAddress target, RandomGenerator random, int cuts, int cutBytesMax)
      throws IOException {
    this.target = target;
    this.random = random;
    this.cuts = cuts;
    this.cutBytesMax = cutBytesMax;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  int connections() {
    return connections.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(target.getAddress(), target.getPort());
        client.setTcpNoDelay(true); // Small frames wait for nothing, as with the real ends.
        server.setTcpNoDelay(true);
        boolean cut = connections.getAndIncrement() < cuts;
        // Half of the cuts are early: in HELLO, WELCOME or the first frames.
        int bound = random.nextBoolean() ? 400 : cutBytesMax;
        AtomicLong budget = new AtomicLong(cut ? random.nextLong(1, bound) : Long.MAX_VALUE);
        Thread.ofVirtual().start(() -> pump(client, server, budget));
        Thread.ofVirtual().start(() -> pump(server, client, budget));
      }
    } catch (IOException e) {
      if (!listener.isClosed()) {
        throw new AssertionError(e);
      }
    }
  }

  private void pump(Socket from, Socket to, AtomicLong budget) {
    byte[] piece = new byte[PIECE_BYTES];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count; (count = in.read(piece)) >= 0; ) {
        long left = budget.addAndGet(-count);
        if (left < 0) {
          out.write(piece, 0, (int) Math.max(0, count + left));
          from.setSoLinger(true, 0); // Closing is then a reset.
          to.setSoLinger(true, 0);
          return;
        }
        out.write(piece, 0, count);
      }
    } catch (IOException e) {
      // The other direction has cut, or an end has gone: that is what this relay is for.
      assert e != null;
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
