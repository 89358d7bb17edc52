package io.drva.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;

/**
 * What the machine can do at the moment, in 10^6 bytes per second: the ceilings that the whole path
 * is compared with.
 *
 * @param forcedAppendMBps positional writes of 64 KiB into a file whose blocks were written before,
 *     forced every MiB
 * @param loopbackMBps one TCP stream, both ends on this machine, 256 KiB at a time
 * @param lz4MBps LZ4 fast compression of 256 KiB of 2:1 data, on one core
 */
public record Limits(double forcedAppendMBps, double loopbackMBps, double lz4MBps) {
  private static final int APPEND_BYTES = 64 << 10;
  private static final int FORCE_EVERY = 16;
  private static final int FILE_BYTES = 512 << 20;
  private static final int STREAM_BYTES = 256 << 10;
  private static final long STREAMED_BYTES = 2L << 30;
  private static final int CHUNK_BYTES = 256 << 10;
  private static final int CHUNKS = 2048;

  static Limits measure(Path folder) throws IOException, InterruptedException {
    return new Limits(forcedAppend(folder), loopback(), lz4());
  }

  private static double forcedAppend(Path folder) throws IOException {
    Path file = folder.resolve("limit");
    ByteBuffer data = random(APPEND_BYTES);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      append(channel, data);
      return append(channel, data);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static double append(FileChannel channel, ByteBuffer data) throws IOException {
    long start = System.nanoTime();
    for (int offset = 0, n = 1; offset < FILE_BYTES; offset += APPEND_BYTES, n++) {
      data.clear();
      while (data.hasRemaining()) {
        channel.write(data, offset + data.position());
      }
      if (n % FORCE_EVERY == 0) {
        channel.force(false);
      }
    }
    return FILE_BYTES * 1e3 / (System.nanoTime() - start);
  }

  private static double loopback() throws IOException, InterruptedException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (Socket socket =
                            new Socket(server.getInetAddress(), server.getLocalPort());
                        OutputStream out = socket.getOutputStream()) {
                      byte[] data = new byte[STREAM_BYTES];
                      for (long sent = 0; sent < STREAMED_BYTES; sent += data.length) {
                        out.write(data);
                      }
                    } catch (IOException e) {
                      throw new java.io.UncheckedIOException(e);
                    }
                  });
      try (Socket socket = server.accept();
          InputStream in = socket.getInputStream()) {
        byte[] data = new byte[STREAM_BYTES];
        long start = System.nanoTime();
        long received = 0;
        for (int n = in.read(data); n >= 0; n = in.read(data)) {
          received += n;
        }
        double rate = received * 1e3 / (System.nanoTime() - start);
        sender.join();
        return rate;
      }
    }
  }

  private static double lz4() {
    LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    ByteBuffer raw = twoToOne(CHUNK_BYTES);
    ByteBuffer compressed = ByteBuffer.allocateDirect(compressor.maxCompressedLength(CHUNK_BYTES));
    long start = 0;
    for (int i = -CHUNKS / 4; i < CHUNKS; i++) {
      if (i == 0) {
        start = System.nanoTime();
      }
      compressor.compress(raw, 0, CHUNK_BYTES, compressed, 0, compressed.capacity());
    }
    return (double) CHUNKS * CHUNK_BYTES * 1e3 / (System.nanoTime() - start);
  }

  private static ByteBuffer random(int bytes) {
    byte[] content = new byte[bytes];
    new SplittableRandom(1).nextBytes(content);
    return ByteBuffer.allocateDirect(bytes).put(content).flip();
  }

  /**
   * Sectors whose first half is random and whose second half repeats one word, as the demo writes
   * them.
   */
  public static ByteBuffer twoToOne(int bytes) {
    SplittableRandom random = new SplittableRandom(2);
    ByteBuffer content = ByteBuffer.allocateDirect(bytes);
    while (content.hasRemaining()) {
      long word = 0;
      for (int i = 0; i < 64; i++) {
        word = i < 32 ? random.nextLong() : word;
        content.putLong(word);
      }
    }
    return content.flip();
  }
}
