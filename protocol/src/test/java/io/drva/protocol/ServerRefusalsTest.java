package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a broken or hostile client gets: the right ERROR with the offset of the frame at fault. Its
 * frame does not reach the domain, and the session next to it does not notice (invariant 8).
 */
@ExtendWith(LeakCheck.class)
final class ServerRefusalsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final MemoryDomain domain = new MemoryDomain();
  private ProtocolServer server;
  private HostClient neighbour;
  private DiskStream neighboursDisk;

  @BeforeEach
  void start() throws Exception {
    server = ProtocolServer.start(EndToEndTest.loopback(), domain);
    neighbour =
        HostClient.connect(
            ClientOptions.builder(server.address(), "good", MemoryDomain.NAME).build());
    neighboursDisk = neighbour.open("vm", "disk", 1 << 20, 512);
    assertTrue(neighbour.awaitLogged(neighboursDisk.zero(0, 512), PATIENCE));
  }

  @AfterEach
  void theNeighbourGoesOnAndNothingWrongWasApplied() throws Exception {
    assertTrue(neighbour.awaitLogged(neighboursDisk.zero(512, 512), PATIENCE));
    neighbour.close();
    server.close();
    assertEquals(
        List.of("good 1", "good 2"),
        domain.applied().stream()
            .filter(applied -> !applied.host().equals("prelude"))
            .map(applied -> applied.host() + " " + applied.seq())
            .toList());
  }

  @Test
  void garbage() throws Exception {
    byte[] http = "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    refusedBeforeHello(ErrorCode.BAD_MAGIC, http);
    refusedInSession(ErrorCode.BAD_MAGIC, 0, http);
  }

  @Test
  void wrongState() throws Exception {
    refusedBeforeHello(ErrorCode.WRONG_STATE, encode(new ControlFrame.Ping(1)));
    refusedBeforeHello(ErrorCode.WRONG_STATE, encode(RawPeer.write(1, 0, 512)));
    refusedInSession(ErrorCode.WRONG_STATE, 0, encode(RawPeer.hello("bad", MemoryDomain.NAME)));
    refusedInSession(ErrorCode.WRONG_STATE, 0, encode(new ControlFrame.Ack(0, 0)));
  }

  @Test
  void aFrameBeforeWelcome() throws Exception {
    domain.welcome = false;
    byte[] hello = encode(RawPeer.hello("bad", MemoryDomain.NAME));
    try (RawPeer client = new RawPeer(server.address())) {
      client.sendBytes(hello);
      client.send(new ControlFrame.Ping(1));
      expectError(client, ErrorCode.WRONG_STATE, hello.length, 0);
    }
  }

  @Test
  void aFrameAfterClose() throws Exception {
    try (RawPeer client = RawPeer.established(server.address(), "bad")) {
      byte[] close = encode(new ControlFrame.Close(ControlFrame.Close.DONE));
      long offset = client.sentBytes() + close.length;
      client.send(new ControlFrame.Close(ControlFrame.Close.DONE), RawPeer.write(1, 0, 512));
      expectError(client, ErrorCode.WRONG_STATE, offset, 0);
    }
  }

  @Test
  void tooLarge() throws Exception {
    byte[] head =
        encode(new Samples.Extent(FrameType.WRITE, 0, 1, 1, 0, 1, 0, Unpooled.EMPTY_BUFFER));
    head[Wire.DATA_LENGTH_AT + 1] = 0x11;
    refusedInSession(ErrorCode.FRAME_TOO_LARGE, 0, head);
  }

  @Test
  void unknownType() throws Exception {
    byte[] frame = encode(new ControlFrame.Ping(1));
    frame[Wire.TYPE_AT] = 0x05;
    refusedInSession(ErrorCode.UNKNOWN_TYPE, 0, frame);
  }

  @Test
  void badChecksums() throws Exception {
    byte[] head = encode(RawPeer.write(1, 0, 512));
    head[Wire.HEAD_BYTES + 20] ^= 4;
    refusedInSession(ErrorCode.BAD_CHECKSUM, 0, head);
    byte[] data = encode(RawPeer.write(1, 0, 512));
    data[data.length - 1] ^= 4;
    refusedInSession(ErrorCode.BAD_DATA_CHECKSUM, 1, data);
  }

  @Test
  void hello() throws Exception {
    refusedBeforeHello(ErrorCode.UNKNOWN_DOMAIN, encode(RawPeer.hello("bad", "elsewhere")));
    refusedBeforeHello(ErrorCode.BAD_NAME, encode(RawPeer.hello("bad host", MemoryDomain.NAME)));
    ControlFrame.Hello good = RawPeer.hello("bad", MemoryDomain.NAME);
    refusedBeforeHello(
        ErrorCode.VERSION_MISMATCH,
        encode(
            new ControlFrame.Hello(
                2, 9, good.incarnation(), 1, good.host(), good.domain(), good.software())));
  }

  @Test
  void streams() throws Exception {
    refusedInSession(
        ErrorCode.STREAM_CLAIMED, 0, encode(new ControlFrame.Open(2, 512, 1 << 20, "vm", "disk")));
    refusedInSession(
        ErrorCode.BAD_STREAM, 0, encode(new ControlFrame.Open(1, 512, 512, "vm-b", "other")));
    refusedInSession(ErrorCode.BAD_STREAM, 1, encode(zero(1, 0, 512, 77)));
  }

  @Test
  void extents() throws Exception {
    refusedInSession(ErrorCode.OUT_OF_RANGE, 1, encode(RawPeer.write(1, (1 << 20) - 512, 1_024)));
    refusedInSession(ErrorCode.OUT_OF_RANGE, 1, encode(zero(1, Long.MAX_VALUE - 511, 512, 1)));
    refusedInSession(ErrorCode.OUT_OF_RANGE, 1, encode(zero(1, -512, 1_024, 1)));
    refusedInSession(ErrorCode.MISALIGNED, 1, encode(RawPeer.write(1, 100, 512)));
    refusedInSession(ErrorCode.MISALIGNED, 1, encode(RawPeer.write(1, 0, 511)));
    refusedInSession(ErrorCode.MISALIGNED, 1, encode(RawPeer.write(1, 0, 0)));
  }

  @Test
  void sequence() throws Exception {
    refusedInSession(ErrorCode.SEQUENCE_GAP, 2, encode(RawPeer.write(2, 0, 512)));
    refusedInSession(ErrorCode.SEQUENCE_GAP, 0, encode(RawPeer.write(0, 0, 512)));
    try (RawPeer client = RawPeer.established(server.address(), "prelude")) {
      client.send(RawPeer.write(1, 0, 512));
      long offset = client.sentBytes();
      client.send(RawPeer.write(1, 0, 512));
      expectError(client, ErrorCode.SEQUENCE_GAP, offset, 1);
    }
  }

  @Test
  void unsupported() throws Exception {
    refusedInSession(ErrorCode.UNSUPPORTED, 0, encode(new ControlFrame.CheckpointReady(1, 1)));
    refusedInSession(ErrorCode.UNSUPPORTED, 0, encode(new ControlFrame.ResyncBegin(1, 1, 1)));
    refusedInSession(ErrorCode.UNSUPPORTED, 0, encode(new ControlFrame.ResyncEnd(1, 1, 1)));
  }

  @Test
  void aDefectOfTheHandler() throws Exception {
    domain.onExtent =
        frame -> {
          if (frame.session().host().equals("bad")) {
            throw new IllegalStateException("boom");
          }
        };
    refusedInSession(ErrorCode.INTERNAL, 0, encode(RawPeer.write(1, 0, 512)));
  }

  private static Samples.Extent zero(long seq, long offsetBytes, long lengthBytes, int stream) {
    return new Samples.Extent(
        FrameType.ZERO, 0, seq, 1, offsetBytes, stream, lengthBytes, Unpooled.EMPTY_BUFFER);
  }

  private void refusedBeforeHello(ErrorCode code, byte[] bytes) throws Exception {
    try (RawPeer client = new RawPeer(server.address())) {
      client.sendBytes(bytes);
      expectError(client, code, 0, 0);
    }
  }

  /** More bytes follow the frame at fault, so that an early reset would be noticed. */
  private void refusedInSession(ErrorCode code, long seq, byte[] bytes) throws Exception {
    try (RawPeer client = RawPeer.established(server.address(), "bad")) {
      long offset = client.sentBytes();
      client.sendBytes(bytes);
      client.sendBytes(new byte[100_000]);
      expectError(client, code, offset, seq);
    }
  }

  private static void expectError(RawPeer client, ErrorCode code, long offset, long seq)
      throws Exception {
    ControlFrame.Failure failure = (ControlFrame.Failure) client.receive(FrameType.ERROR);
    assertEquals(code, failure.code(), failure::message);
    assertEquals(offset, failure.frameOffset(), failure::message);
    assertEquals(seq, failure.seq(), failure::message);
    assertTrue(client.isAtEnd());
  }

  private static byte[] encode(Object frame) {
    return FrameReaderTest.encode(List.of(frame));
  }
}
