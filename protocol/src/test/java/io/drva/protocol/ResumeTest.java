package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Frames are applied exactly once and in order, whatever happens to the connection. */
@ExtendWith(LeakCheck.class)
final class ResumeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final MemoryDomain domain = new MemoryDomain();

  @Test
  void connectionsCutAtAnyByte() throws Exception {
    RandomGenerator random = Seeds.random("connectionsCutAtAnyByte");
    int cuts = 60;
    int frames = 4_000;
    List<MemoryDomain.Applied> sent = new ArrayList<>();
    try (ProtocolServer server = ProtocolServer.start(EndToEndTest.loopback(), domain);
        CuttingRelay relay = new CuttingRelay(server.address(), Seeds.fork(random), cuts, 100_000);
        HostClient client = HostClient.connect(options(relay.address(), Seeds.fork(random)))) {
      DiskStream disk = client.open("vm", "disk", 1L << 30, 512);
      while (sent.size() < frames || relay.connections() <= cuts) {
        long offset = 512L * random.nextInt(1_000);
        int length = 512 * random.nextInt(1, random.nextInt(8) == 0 ? 200 : 4);
        int crc = 0;
        FrameType type = FrameType.ZERO;
        long seq;
        if (random.nextInt(5) == 0) {
          seq = disk.zero(offset, length);
        } else {
          ByteBuf data = Transport.ALLOCATOR.directBuffer(length);
          byte[] bytes = new byte[length];
          random.nextBytes(bytes);
          data.writeBytes(bytes);
          crc = Crc32c.of(data);
          type = FrameType.WRITE;
          seq = disk.write(offset, data);
        }
        sent.add(new MemoryDomain.Applied("host", seq, type, 1, offset, length, crc, 0));
      }
      assertTrue(client.awaitReplicated(client.lastSeq(), PATIENCE));

      assertEquals(sent, domain.applied());
    }
  }

  @Test
  @SuppressWarnings("try") // The client has to close before its server.
  void aNewServerAtTheSameAddress() throws Exception {
    ProtocolServer first = ProtocolServer.start(EndToEndTest.loopback(), domain);
    InetSocketAddress address = first.address();
    try (HostClient client = HostClient.connect(options(address, Seeds.random("ResumeTest")))) {
      DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
      assertTrue(client.awaitLogged(disk.zero(0, 512), PATIENCE));
      domain.acknowledge = false;
      disk.write(0, EndToEndTest.data(512));
      domain.await("the write", () -> domain.applied().size() == 2);
      first.close();
      long last = disk.zero(512, 512);
      domain.acknowledge = true;
      try (ProtocolServer _ = ProtocolServer.start(listenAt(address), domain)) {
        assertTrue(client.awaitLogged(last, PATIENCE));
        client.close();
      }
      assertEquals(
          List.of(1L, 2L, 3L), domain.applied().stream().map(MemoryDomain.Applied::seq).toList());
    }
  }

  @Test
  void aServerThatLostWhatItAcknowledgedFailsTheClient() throws Exception {
    ProtocolServer first = ProtocolServer.start(EndToEndTest.loopback(), domain);
    InetSocketAddress address = first.address();
    try (HostClient client = HostClient.connect(options(address, Seeds.random("ResumeTest")))) {
      DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
      assertTrue(client.awaitLogged(disk.zero(0, 512), PATIENCE));
      first.close();
      try (ProtocolServer _ = ProtocolServer.start(listenAt(address), new MemoryDomain())) {
        SessionFailedException failure =
            assertThrows(SessionFailedException.class, () -> client.awaitLogged(99, PATIENCE));
        assertEquals(ErrorCode.SEQUENCE_GAP, failure.code());
      }
    }
  }

  private static ServerOptions listenAt(InetSocketAddress address) {
    return ServerOptions.defaults(address);
  }

  private static ClientOptions options(InetSocketAddress address, RandomGenerator random) {
    return ClientOptions.builder(address, "host", MemoryDomain.NAME)
        .reconnectMs(1, 10)
        .retainedBytesMax(256 << 10)
        .random(random)
        .build();
  }
}
