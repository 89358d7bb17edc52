package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Holding back, silence, slow readers, limits and the end of the server. */
@ExtendWith(LeakCheck.class)
final class ServerFlowTest {
  private final MemoryDomain domain = new MemoryDomain();

  @Test
  void whatIsSentWhilePausedIsDeliveredAfterwards() throws Exception {
    int frames = 3_000;
    int bytes = 8_192;
    int pausedAt = 100;
    domain.onExtent =
        frame -> {
          if (frame.seq() == pausedAt) {
            frame.session().pauseReading();
          }
        };
    try (ProtocolServer server = start(300, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int seq = 1; seq <= frames; seq++) {
                        client.send(RawPeer.write(seq, 0, bytes));
                      }
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      domain.await("the pause", () -> domain.applied().size() >= pausedAt);
      // PINGs are the clock: more than two idle timeouts pass, and the session lives.
      for (int i = 0; i < 8; i++) {
        client.receive(FrameType.PING);
      }
      int limit = pausedAt + ReceiveBuffer.SERVER_BYTES / bytes;
      assertTrue(domain.applied().size() <= limit, domain.applied().size() + " delivered");
      domain.session(0).resumeReading();
      domain.await("all frames", () -> domain.applied().size() == frames);
      sender.join();
      for (int i = 0; i < frames; i++) {
        assertEquals(i + 1, domain.applied().get(i).seq());
      }
    }
  }

  @Test
  void aStrangerThatSaysNothingIsTimedOut() throws Exception {
    try (ProtocolServer server = start(120, 8);
        RawPeer client = new RawPeer(server.address())) {
      client.sendBytes(new byte[] {0x44, 0x52}); // The beginning of a magic number does not help.
      assertEquals(ErrorCode.IDLE_TIMEOUT, error(client).code());
    }
  }

  @Test
  void aSilentSessionIsTimedOut() throws Exception {
    try (ProtocolServer server = start(120, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      assertEquals(ErrorCode.IDLE_TIMEOUT, error(client).code());
      domain.await("the end", () -> !domain.ends().isEmpty());
      assertInstanceOf(SessionEnd.Failed.class, domain.ends().get(0));
    }
  }

  @Test
  void aClientThatDoesNotReadCannotMakeTheServerKeepAnswers() throws Exception {
    PooledByteBufAllocator allocator = (PooledByteBufAllocator) Transport.ALLOCATOR;
    AtomicLong pinnedMax = new AtomicLong();
    try (ProtocolServer server = start(200, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      byte[] pings = new byte[24 * 1_000];
      byte[] ping = FrameReaderTest.encode(List.of(new ControlFrame.Ping(1)));
      for (int i = 0; i < 1_000; i++) {
        System.arraycopy(ping, 0, pings, i * ping.length, ping.length);
      }
      // The server stops reading, so that this blocks, and gives up on the client in the end.
      assertThrows(
          IOException.class,
          () -> {
            while (true) {
              client.sendBytes(pings);
              pinnedMax.accumulateAndGet(allocator.pinnedDirectMemory(), Math::max);
            }
          });
      assertTrue(pinnedMax.get() < 8 << 20, pinnedMax + " bytes pinned");
      domain.await("the end", () -> !domain.ends().isEmpty());
      assertInstanceOf(SessionEnd.Lost.class, domain.ends().get(0));
    }
  }

  @Test
  void oneSessionTooManyIsRefused() throws Exception {
    try (ProtocolServer server = start(30_000, 1);
        RawPeer first = RawPeer.established(server.address(), "h1")) {
      try (RawPeer second = new RawPeer(server.address())) {
        assertEquals(ErrorCode.LIMIT, error(second).code());
      }
      first.send(new ControlFrame.Ping(3));
      first.receive(FrameType.PONG);
    }
  }

  @Test
  void oneStreamTooManyIsRefused() throws Exception {
    try (ProtocolServer server = start(30_000, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      client.send(new ControlFrame.Open(2, 512, 512, "vm", "b"));
      client.send(new ControlFrame.Open(3, 512, 512, "vm", "c"));
      assertEquals(ErrorCode.LIMIT, error(client).code());
    }
  }

  @Test
  void theClientsErrorIsTold() throws Exception {
    try (ProtocolServer server = start(30_000, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      client.send(new ControlFrame.Failure(ErrorCode.UNSUPPORTED, 1, 0, "cannot\nhold"));
      domain.await("the end", () -> !domain.ends().isEmpty());
      assertEquals(
          new SessionEnd.Failed(ErrorCode.UNSUPPORTED, "cannot?hold", true), domain.ends().get(0));
    }
  }

  @Test
  @SuppressWarnings("try") // The clients close for the server's sake.
  void aServerThatClosesSaysSo() throws Exception {
    ProtocolServer server = start(30_000, 8);
    // The stranger first: connections are accepted in order, so the client's session proves that
    // the server has the stranger too, and not the listen queue, which a closing server resets.
    try (RawPeer stranger = new RawPeer(server.address());
        RawPeer client = RawPeer.established(server.address(), "h")) {
      Thread closer = Thread.ofVirtual().start(server::close);
      ControlFrame.Close close = (ControlFrame.Close) client.receive(FrameType.CLOSE);
      assertEquals(ControlFrame.Close.SHUTTING_DOWN, close.reason());
      assertTrue(client.isAtEnd());
      assertEquals(ErrorCode.SHUTTING_DOWN, error(stranger).code());
      client.close();
      stranger.close();
      closer.join();
      assertEquals(List.of(new SessionEnd.ShutDown()), domain.ends());
    }
  }

  @Test
  void theClocksAreCompared() throws Exception {
    try (ProtocolServer server = start(3_000, 8);
        RawPeer client = RawPeer.established(server.address(), "h")) {
      long ahead = 3_600_000_000L; // The client's clock is an hour behind.
      ControlFrame.Ping ping = (ControlFrame.Ping) client.receive(FrameType.PING);
      client.send(new ControlFrame.Ping(1)); // A stray PONG for it proves nothing.
      long clientTime = ping.originMicros() - ahead;
      client.send(new ControlFrame.Pong(ping.originMicros() + 1, 0, 0));
      client.send(new ControlFrame.Pong(ping.originMicros(), clientTime, clientTime));
      client.send(RawPeer.write(1, 0, 512));
      domain.await("the write", () -> domain.applied().size() == 1);
      long error = Math.abs(domain.session(0).clockOffsetMicros() - ahead);
      assertTrue(error < 10_000_000, "off by " + error + " us");
    }
  }

  private ProtocolServer start(int idleTimeoutMs, int sessionsMax) throws IOException {
    ServerOptions defaults = EndToEndTest.loopback();
    return ProtocolServer.start(
        new ServerOptions(
            defaults.listen(),
            1,
            defaults.dataBytesMax(),
            defaults.windowBytes(),
            2,
            sessionsMax,
            idleTimeoutMs,
            defaults.wallClockMicros()),
        domain);
  }

  private static ControlFrame.Failure error(RawPeer client) throws Exception {
    return (ControlFrame.Failure) client.receive(FrameType.ERROR);
  }
}
