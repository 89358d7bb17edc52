package io.drva.powercut;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * Serves a {@link VolatileDisk} to one machine over the NBD protocol: fixed newstyle negotiation,
 * simple replies, one request after the other. The machine is told that there is a write cache.
 */
final class NbdServer implements AutoCloseable {
  private static final long NBD_MAGIC = ByteBuffer.wrap("NBDMAGIC".getBytes(US_ASCII)).getLong();
  private static final long OPTION_MAGIC = ByteBuffer.wrap("IHAVEOPT".getBytes(US_ASCII)).getLong();
  private static final long OPTION_REPLY_MAGIC = 0x3E889045565A9L;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int REPLY_MAGIC = 0x67446698;

  /** Fixed newstyle, and no 124 zeroes. */
  private static final int HANDSHAKE_FLAGS = 1 | 1 << 1;

  /** There are flags, and FLUSH. Forced unit access is left to FLUSH. */
  private static final int TRANSMISSION_FLAGS = 1 | 1 << 2;

  private static final int OPTION_GO = 7;
  private static final int REPLY_ACK = 1;
  private static final int REPLY_INFO = 3;
  private static final int REPLY_UNSUPPORTED = 0x8000_0001;
  private static final int INFO_EXPORT = 0;

  private static final int READ = 0;
  private static final int WRITE = 1;
  private static final int DISCONNECT = 2;
  private static final int FLUSH = 3;
  private static final int EINVAL = 22;

  private static final int REQUEST_BYTES_MAX = 32 << 20;
  private static final int OPTION_BYTES_MAX = 4096;

  private final VolatileDisk disk;
  private final ServerSocket listening;
  private final CompletableFuture<Void> serving;
  private volatile Socket connected;
  private final CompletableFuture<Void> failure = new CompletableFuture<>();

  private NbdServer(VolatileDisk disk, ServerSocket listening) {
    this.disk = disk;
    this.listening = listening;
    this.serving =
        CompletableFuture.runAsync(this::serve, Thread.ofPlatform().name("nbd").daemon()::start);
  }

  static NbdServer start(VolatileDisk disk) throws IOException {
    return new NbdServer(disk, new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
  }

  int port() {
    return listening.getLocalPort();
  }

  private void serve() {
    try (Socket socket = listening.accept()) {
      connected = socket;
      socket.setTcpNoDelay(true);
      DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
      DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
      negotiate(in, out);
      boolean powered = true;
      while (powered) {
        powered = answer(in, out);
      }
      // As a disk without power: it does not say so.
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      failure.completeExceptionally(e);
    }
  }

  /** Fails when the connection does; that of a machine that was killed does. */
  CompletableFuture<Void> failure() {
    return failure;
  }

  private void negotiate(DataInputStream in, DataOutputStream out) throws IOException {
    out.writeLong(NBD_MAGIC);
    out.writeLong(OPTION_MAGIC);
    out.writeShort(HANDSHAKE_FLAGS);
    out.flush();
    require(in.readInt() == HANDSHAKE_FLAGS, "client flags");
    int option;
    do {
      require(in.readLong() == OPTION_MAGIC, "option magic");
      option = in.readInt();
      int length = in.readInt();
      require(length >= 0 && length <= OPTION_BYTES_MAX, "option length");
      in.skipNBytes(length);
      if (option == OPTION_GO) {
        replyToOption(out, option, REPLY_INFO, Short.BYTES + Long.BYTES + Short.BYTES);
        out.writeShort(INFO_EXPORT);
        out.writeLong(disk.sizeBytes());
        out.writeShort(TRANSMISSION_FLAGS);
        replyToOption(out, option, REPLY_ACK, 0);
      } else {
        replyToOption(out, option, REPLY_UNSUPPORTED, 0);
      }
      out.flush();
    } while (option != OPTION_GO);
  }

  private static void replyToOption(DataOutputStream out, int option, int type, int length)
      throws IOException {
    out.writeLong(OPTION_REPLY_MAGIC);
    out.writeInt(option);
    out.writeInt(type);
    out.writeInt(length);
  }

  /** Serves one request; false when the disk has no power any more. */
  private boolean answer(DataInputStream in, DataOutputStream out) throws IOException {
    require(in.readInt() == REQUEST_MAGIC, "request magic");
    int flags = in.readUnsignedShort();
    int type = in.readUnsignedShort();
    long cookie = in.readLong();
    long offset = in.readLong();
    int length = in.readInt();
    require(flags == 0 && length >= 0 && length <= REQUEST_BYTES_MAX, "request");
    byte[] data = new byte[type == READ || type == WRITE ? length : 0];
    if (type == WRITE) {
      in.readFully(data);
    }
    boolean fits =
        offset >= 0
            && offset % VolatileDisk.SECTOR_BYTES == 0
            && data.length % VolatileDisk.SECTOR_BYTES == 0
            && offset + data.length <= disk.sizeBytes();
    boolean served =
        !fits
            || switch (type) {
              case READ -> disk.read(ByteBuffer.wrap(data), offset);
              case WRITE -> disk.write(ByteBuffer.wrap(data), offset);
              case FLUSH -> disk.flush();
              case DISCONNECT -> false;
              default -> throw new IOException("NBD request " + type + " was not offered");
            };
    if (served) {
      out.writeInt(REPLY_MAGIC);
      out.writeInt(fits ? 0 : EINVAL);
      out.writeLong(cookie);
      if (fits && type == READ) {
        out.write(data);
      }
      out.flush();
    }
    return served;
  }

  private static void require(boolean holds, String what) throws IOException {
    if (!holds) {
      throw new IOException("NBD: unexpected " + what);
    }
  }

  /** Returns when no request is served any more. */
  @Override
  public void close() throws IOException {
    listening.close();
    Socket socket = connected;
    if (socket != null) {
      socket.close();
    }
    serving.join();
  }
}
