package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client does with a server that breaks the rules. */
@ExtendWith(LeakCheck.class)
final class ClientRefusalsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private ServerSocket listener;
  private HostClient client;

  @BeforeEach
  void start() throws Exception {
    listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    client =
        HostClient.connect(
            ClientOptions.builder(
                    (InetSocketAddress) listener.getLocalSocketAddress(), "host", MemoryDomain.NAME)
                .reconnectMs(1, 5)
                .closeTimeoutMs(0)
                .build());
  }

  @AfterEach
  void stop() throws IOException {
    client.abort();
    client.close();
    listener.close();
  }

  @Test
  void aFrameInTheWrongStateFailsForGood() throws Exception {
    try (RawPeer server = accept()) {
      server.send(new ControlFrame.Ack(0, 0));
      assertFailsWith(ErrorCode.WRONG_STATE, server);
    }
  }

  @Test
  void checkpointsAreUnsupported() throws Exception {
    try (RawPeer server = accept()) {
      server.send(welcome(1, 0), new ControlFrame.CheckpointPrepare(1, 100));
      assertFailsWith(ErrorCode.UNSUPPORTED, server);
    }
  }

  @Test
  void anotherVersionFailsForGood() throws Exception {
    try (RawPeer server = accept()) {
      server.send(welcome(2, 0));
      assertFailsWith(ErrorCode.VERSION_MISMATCH, server);
    }
  }

  @Test
  void framesThatWereNeverSentCannotBeLogged() throws Exception {
    try (RawPeer server = accept()) {
      server.send(welcome(1, 0), new ControlFrame.Ack(1, 0));
      assertFailsWith(ErrorCode.MALFORMED, server);
    }
  }

  @Test
  void dataIsNotForClients() throws Exception {
    try (RawPeer server = accept()) {
      server.send(welcome(1, 0), RawPeer.write(1, 0, 512));
      assertFailsWith(ErrorCode.FRAME_TOO_LARGE, server);
    }
  }

  @Test
  void damageIsRetried() throws Exception {
    DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
    assertEquals(1, disk.zero(0, 512));
    try (RawPeer server = accept()) {
      byte[] damaged = FrameReaderTest.encode(List.of(welcome(1, 0)));
      damaged[20] ^= 1;
      server.sendBytes(damaged);
      assertEquals(ErrorCode.BAD_CHECKSUM, error(server).code());
    }
    try (RawPeer server = accept()) {
      server.send(welcome(1, 0));
      server.receive(FrameType.OPEN);
      assertEquals(1, server.receiveExtentSeq());
      // Two in one turn; pressure must not disturb.
      server.send(new ControlFrame.Pressure(1), new ControlFrame.Ack(1, 0));
      server.send(new ControlFrame.Ack(1, 1));
      assertTrue(client.awaitReplicated(1, PATIENCE));
    }
  }

  @Test
  void anErrorOfALaterVersionIsRetried() throws Exception {
    DiskStream disk = client.open("vm", "disk", 1 << 20, 512);
    assertEquals(1, disk.zero(0, 512));
    try (RawPeer server = accept()) {
      server.sendBytes(error(4_242, "moved"));
    }
    try (RawPeer server = accept()) {
      server.send(welcome(1, 0));
      server.receive(FrameType.OPEN);
      assertEquals(1, server.receiveExtentSeq());
      server.send(new ControlFrame.Ack(1, 1));
      assertTrue(client.awaitReplicated(1, PATIENCE));
    }
  }

  /** An ERROR with a code that has no name here. */
  private static byte[] error(int code, String message) {
    byte[] frame =
        FrameReaderTest.encode(
            List.of(new ControlFrame.Failure(ErrorCode.INTERNAL, 0, 0, message)));
    ByteBuffer fields = ByteBuffer.wrap(frame).putShort(Wire.HEAD_BYTES, (short) code);
    CRC32C crc = new CRC32C();
    crc.update(frame, Wire.TYPE_AT, frame.length - Wire.TYPE_AT);
    return fields.putInt(Wire.CRC_AT, (int) crc.getValue()).array();
  }

  private RawPeer accept() throws Exception {
    RawPeer server = new RawPeer(listener.accept());
    ControlFrame.Hello hello = (ControlFrame.Hello) server.receive(FrameType.HELLO);
    assertEquals("host", hello.host());
    return server;
  }

  private static ControlFrame.Welcome welcome(int version, long loggedSeq) {
    return new ControlFrame.Welcome(version, 4_096, 1 << 20, 4, 30_000, loggedSeq, 0, 1);
  }

  private void assertFailsWith(ErrorCode code, RawPeer server) throws Exception {
    assertEquals(code, error(server).code());
    SessionFailedException failure =
        assertThrows(SessionFailedException.class, () -> client.awaitLogged(1, PATIENCE));
    assertEquals(code, failure.code());
  }

  private static ControlFrame.Failure error(RawPeer server) throws Exception {
    return (ControlFrame.Failure) server.receive(FrameType.ERROR);
  }
}
