package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client and a server that have nothing wrong with them. */
@ExtendWith(LeakCheck.class)
final class EndToEndTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void everyKindOfExtentArrivesInOrderAndIsAcknowledged() throws Exception {
    MemoryDomain domain = new MemoryDomain();
    try (ProtocolServer server = ProtocolServer.start(loopback(), domain);
        HostClient client =
            HostClient.connect(
                ClientOptions.builder(server.address(), "esx1", MemoryDomain.NAME).build())) {
      DiskStream disk = client.open("vm1", "disk0", 1 << 20, 512);
      assertEquals(1, disk.write(0, data(512)));
      assertEquals(2, disk.zero(512, 1024));
      assertEquals(3, disk.discard(4096, 4096));
      assertEquals(4, disk.baseline(8192, data(65536), true));
      assertTrue(client.awaitReplicated(4, PATIENCE));
      assertEquals(4, client.loggedSeq());
      List<MemoryDomain.Applied> applied = domain.applied();
      assertEquals(4, applied.size());
      assertEquals(FrameType.BASELINE, applied.get(3).type());
      assertEquals(Wire.FLAG_LAST, applied.get(3).flags());
      assertEquals(1, disk.disk());
    }
    domain.await("the end", () -> !domain.ends().isEmpty());
    assertEquals(List.of(new SessionEnd.Closed()), domain.ends());
  }

  static ServerOptions loopback() {
    return ServerOptions.defaults(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  static ByteBuf data(int bytes) {
    ByteBuf data = Transport.ALLOCATOR.directBuffer(bytes);
    byte[] content = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      content[i] = (byte) (i * 31);
    }
    data.writeBytes(content);
    return data;
  }
}
