package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The client's limits and failures. */
@ExtendWith(LeakCheck.class)
final class HostClientTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final MemoryDomain domain = new MemoryDomain();

  @Test
  void theServersWindowIsNotExceededAndTheProducersLimitHolds() throws Exception {
    domain.acknowledge = false;
    int frameBytes = Wire.EXTENT_HEAD_BYTES + 4_096;
    int window = 64 << 10;
    int retained = 128 << 10;
    try (ProtocolServer server = start(window);
        HostClient client =
            HostClient.connect(options(server).retainedBytesMax(retained).build())) {
      DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
      int taken = 0;
      ByteBuf data = EndToEndTest.data(4_096);
      while (disk.tryWrite(0, data) != 0) {
        taken++;
        data = EndToEndTest.data(4_096);
      }
      data.release(); // No room: it stayed here.
      assertEquals(retained / (frameBytes + RetainedFrames.SLOT_BYTES), taken);
      int inWindow = window / frameBytes;
      domain.await("the window", () -> domain.applied().size() == inWindow);
      domain.session(0).credit(window + frameBytes);
      domain.await("one more", () -> domain.applied().size() == inWindow + 1);
      assertEquals(0, client.loggedSeq());
      domain.acknowledge = true;
      domain.session(0).logged(inWindow + 1);
      assertTrue(client.awaitLogged(taken, PATIENCE));
    }
  }

  @Test
  void aLongWriteIsSplit() throws Exception {
    try (ProtocolServer server = start(1 << 20);
        HostClient client = HostClient.connect(options(server).dataBytesMax(10_000).build())) {
      DiskStream disk = client.open("vm", "disk", 8L << 40, 4_096);
      assertEquals(4, disk.write(4_096, EndToEndTest.data(4 * 8_192 - 4_096)));
      assertEquals(7, disk.zero(0, (2L << 30) + 4_096));
      assertTrue(client.awaitLogged(7, PATIENCE));
      assertEquals(4_096 + 3 * 8_192, domain.applied().get(3).offset());
      assertEquals(4_096, domain.applied().get(3).length());
      assertEquals(1L << 30, domain.applied().get(5).length());
      assertEquals(4_096, domain.applied().get(6).length());
    }
  }

  @Test
  void anErrorThatSaysNotToComeBackFailsTheClient() throws Exception {
    CompletableFuture<SessionFailedException> told = new CompletableFuture<>();
    HostClient.Listener listener =
        new HostClient.Listener() {
          @Override
          public void failed(SessionFailedException cause) {
            told.complete(cause);
          }
        };
    SessionAcceptor forbidding =
        session -> {
          throw new ProtocolException(ErrorCode.FORBIDDEN, "not this host");
        };
    try (ProtocolServer server = ProtocolServer.start(EndToEndTest.loopback(), forbidding);
        HostClient client = HostClient.connect(options(server).listener(listener).build())) {
      SessionFailedException cause = told.get(20, TimeUnit.SECONDS);
      assertEquals(ErrorCode.FORBIDDEN, cause.code());
      assertTrue(cause.getMessage().contains("not this host"));
      assertThrows(SessionFailedException.class, () -> client.open("vm", "disk", 512, 512));
    }
  }

  @Test
  void attemptsAreCounted() throws Exception {
    InetSocketAddress nobody;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = (InetSocketAddress) closed.getLocalSocketAddress();
    }
    try (HostClient client =
        HostClient.connect(
            ClientOptions.builder(nobody, "h", MemoryDomain.NAME)
                .reconnectMs(1, 2)
                .attemptsMax(3)
                .build())) {
      SessionFailedException cause =
          assertThrows(SessionFailedException.class, () -> client.awaitLogged(1, PATIENCE));
      assertTrue(cause.getMessage().contains("gave up after 3 attempts"), cause.getMessage());
    }
  }

  @Test
  void aProducerThatWaitsForRoomHearsOfTheAbort() throws Exception {
    domain.acknowledge = false;
    try (ProtocolServer server = start(1 << 20);
        HostClient client =
            HostClient.connect(options(server).retainedBytesMax(64 << 10).build())) {
      DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
      disk.write(0, EndToEndTest.data(60 << 10));
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(
              () ->
                  ended.complete(
                      assertThrows(
                          SessionFailedException.class,
                          () -> disk.write(0, EndToEndTest.data(60 << 10)))));
      domain.await("the first", () -> domain.applied().size() == 1);
      client.abort();
      ended.get(20, TimeUnit.SECONDS);
      domain.await("the end", () -> !domain.ends().isEmpty());
    }
  }

  @Test
  void whatDoesNotFitTheDiskIsRefusedHere() throws Exception {
    try (ProtocolServer server = start(1 << 20);
        HostClient client = HostClient.connect(options(server).build())) {
      DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
      ByteBuf data = EndToEndTest.data(511);
      assertThrows(IllegalArgumentException.class, () -> disk.write(0, data));
      assertEquals(0, data.refCnt());
      assertThrows(IllegalArgumentException.class, () -> disk.zero(1 << 20, 512));
      assertThrows(IllegalArgumentException.class, () -> client.open("vm", "", 512, 512));
      assertFalse(client.awaitLogged(1, Duration.ZERO));
    }
  }

  private ProtocolServer start(int windowBytes) throws Exception {
    ServerOptions defaults = EndToEndTest.loopback();
    return ProtocolServer.start(
        new ServerOptions(
            defaults.listen(),
            1,
            defaults.dataBytesMax(),
            windowBytes,
            16,
            16,
            defaults.idleTimeoutMs(),
            defaults.wallClockMicros()),
        domain);
  }

  private static ClientOptions.Builder options(ProtocolServer server) {
    return ClientOptions.builder(server.address(), "h", MemoryDomain.NAME).reconnectMs(1, 10);
  }
}
