package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.UUID;

/** A peer that does what a test tells it, right or wrong; blocking, with plain sockets. */
final class RawPeer implements AutoCloseable {
  private static final int PATIENCE_MS = 20_000;

  private final Socket socket;
  private final DataInputStream in;
  private long sentBytes;

  /** A client. */
  RawPeer(InetSocketAddress address) throws IOException {
    this(connect(address));
  }

  /** The end of a connection that stands. */
  RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MS);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
  }

  private static Socket connect(InetSocketAddress address) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(64 << 10); // Small, so that a peer that does not read is noticed.
    socket.connect(address);
    return socket;
  }

  /** A client whose session is established; disk 1 is 1 MiB with sectors of 512 bytes. */
  static RawPeer established(InetSocketAddress address, String host) throws Exception {
    RawPeer client = new RawPeer(address);
    client.send(hello(host, MemoryDomain.NAME));
    client.receive(FrameType.WELCOME);
    client.send(new ControlFrame.Open(1, 512, 1 << 20, "vm-" + host, "disk0"));
    client.receive(FrameType.OPENED);
    return client;
  }

  static ControlFrame.Hello hello(String host, String domain) {
    return new ControlFrame.Hello(1, 1, new UUID(1, 2), 1_000, host, domain, "raw");
  }

  static Samples.Extent write(long seq, long offsetBytes, int bytes) {
    ByteBuf data = Unpooled.wrappedBuffer(new byte[bytes]);
    return new Samples.Extent(FrameType.WRITE, 0, seq, 5, offsetBytes, 1, bytes, data);
  }

  /** Bytes that went out: the offset of the next frame. */
  long sentBytes() {
    return sentBytes;
  }

  void send(Object... frames) throws IOException {
    sendBytes(FrameReaderTest.encode(List.of(frames)));
  }

  void sendBytes(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    sentBytes += bytes.length;
  }

  /** Reads until a frame of this type comes. */
  ControlFrame receive(FrameType type) throws Exception {
    while (true) {
      ControlFrame frame = receive();
      if (frame.type() == type) {
        return frame;
      }
      if (frame.type() == FrameType.ERROR) {
        throw new AssertionError("instead of " + type + ": " + frame);
      }
    }
  }

  /** Whether the server has ended its output. Reads nothing else. */
  boolean isAtEnd() throws IOException {
    return in.read() < 0;
  }

  /** Reads an extent without data, which has to come next. */
  long receiveExtentSeq() throws IOException {
    byte[] frame = new byte[Wire.EXTENT_HEAD_BYTES];
    in.readFully(frame);
    return Unpooled.wrappedBuffer(frame).getLong(Wire.HEAD_BYTES);
  }

  private ControlFrame receive() throws Exception {
    byte[] head = new byte[Wire.HEAD_BYTES];
    in.readFully(head);
    ByteBuf buffer = Unpooled.wrappedBuffer(head);
    byte[] fields = new byte[buffer.getUnsignedShort(Wire.FIELDS_LENGTH_AT)];
    in.readFully(fields);
    FrameType type = FrameType.of(buffer.getUnsignedByte(Wire.TYPE_AT));
    return FieldsDecoder.decode(type, Unpooled.wrappedBuffer(fields), 0, fields.length);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
