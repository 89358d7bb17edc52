package io.drva.blobsink;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Whole-file writes and ranged reads past the page cache (O_DIRECT), or through it where the file
 * system does not offer that. Objects are written once and read seldom: the cache would only be
 * filled with them. Safe for use by several threads; at most {@link #BUFFERS_MAX} of them copy at a
 * time.
 */
final class DirectFiles {
  private static final int BUFFERS_MAX = 8;
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int ALIGNMENT_BYTES_MIN = 4096;

  private final int alignmentBytes;

  /** Holds the free buffers; a slot without one stands for a buffer that was not needed so far. */
  private final BlockingQueue<Slot> slots;

  private volatile boolean direct;

  private final class Slot {
    private ByteBuffer buffer;

    /** The buffer, empty. To be asked for when it is certain that the slot is given back. */
    ByteBuffer buffer() {
      if (buffer == null) {
        buffer =
            ByteBuffer.allocateDirect(BUFFER_BYTES + alignmentBytes)
                .alignedSlice(alignmentBytes)
                .slice(0, BUFFER_BYTES);
      }
      return buffer.clear();
    }
  }

  DirectFiles(Path anyExisting) throws IOException {
    this(anyExisting, BUFFERS_MAX);
  }

  /**
   * @param buffersMax threads that copy at a time
   */
  DirectFiles(Path anyExisting, int buffersMax) throws IOException {
    this.slots = new ArrayBlockingQueue<>(buffersMax);
    long blockBytes = Files.getFileStore(anyExisting).getBlockSize();
    this.direct =
        DirectIo.option().isPresent()
            && blockBytes > 0
            && blockBytes <= BUFFER_BYTES
            && Long.bitCount(blockBytes) == 1;
    this.alignmentBytes =
        direct ? (int) Math.max(blockBytes, ALIGNMENT_BYTES_MIN) : ALIGNMENT_BYTES_MIN;
    for (int i = 0; i < buffersMax; i++) {
      slots.add(new Slot());
    }
  }

  /** Writes a new file and forces it. On an error the file may be left behind, incomplete. */
  void write(Path newFile, List<ByteBuffer> content) throws IOException {
    Slot slot = borrow();
    try (FileChannel channel =
        open(newFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer staging = slot.buffer();
      long lengthBytes = 0;
      for (ByteBuffer part : content) {
        lengthBytes += part.remaining();
        while (part.hasRemaining()) {
          int count = Math.min(part.remaining(), staging.remaining());
          staging.put(staging.position(), part, part.position(), count);
          staging.position(staging.position() + count);
          part.position(part.position() + count);
          if (!staging.hasRemaining()) {
            writeFully(channel, newFile, staging.flip());
            staging.clear();
          }
        }
      }
      while (staging.position() % alignmentBytes != 0) {
        staging.put((byte) 0);
      }
      writeFully(channel, newFile, staging.flip());
      channel.truncate(lengthBytes);
      channel.force(true);
    } finally {
      slots.add(slot);
    }
  }

  private void writeFully(FileChannel channel, Path file, ByteBuffer staging) throws IOException {
    while (staging.hasRemaining()) {
      int written = channel.write(staging);
      if (staging.hasRemaining() && written % alignmentBytes != 0) {
        throw new FileSystemException(
            file.toString(), null, "the file system took only " + written + " bytes of a write");
      }
    }
  }

  /**
   * Reads until the buffer is full or the file ends.
   *
   * @return the bytes read
   */
  int read(Path file, long offset, ByteBuffer into) throws IOException {
    Slot slot = borrow();
    try (FileChannel channel = open(file, StandardOpenOption.READ)) {
      int total = 0;
      while (into.hasRemaining()) {
        long from = offset + total;
        int skip = (int) (from % alignmentBytes);
        ByteBuffer staging = slot.buffer();
        long wanted = Math.min(staging.capacity(), (long) skip + into.remaining());
        staging.limit((int) (Math.ceilDiv(wanted, alignmentBytes) * alignmentBytes));
        int got = channel.read(staging, from - skip) - skip;
        if (got <= 0) {
          break;
        }
        int count = Math.min(got, into.remaining());
        into.put(into.position(), staging, skip, count);
        into.position(into.position() + count);
        total += count;
      }
      return total;
    } finally {
      slots.add(slot);
    }
  }

  private Slot borrow() throws IOException {
    try {
      return slots.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a buffer");
    }
  }

  private FileChannel open(Path file, StandardOpenOption... options) throws IOException {
    boolean creates = options[0] == StandardOpenOption.CREATE_NEW;
    if (direct) {
      try {
        Set<OpenOption> withDirect = new HashSet<>(Set.of(options));
        DirectIo.option().ifPresent(withDirect::add);
        return FileChannel.open(file, withDirect);
      } catch (UnsupportedOperationException e) {
        direct = false;
      } catch (FileSystemException e) {
        if (e.getReason() == null || !e.getReason().contains("Invalid argument")) {
          throw e;
        }
        direct =
            false; // open(2): EINVAL when the file system does not support O_DIRECT, after it made
        // the file
      }
      if (creates) {
        Files.deleteIfExists(file);
      }
    }
    return FileChannel.open(file, options);
  }
}
