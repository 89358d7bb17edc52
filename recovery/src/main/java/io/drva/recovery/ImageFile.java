package io.drva.recovery;

import io.drva.blobsink.DirectIo;
import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A raw image under construction: a sparse file of the disk's length with the suffix {@code
 * .partial}. Safe for writes by several threads to different ranges.
 */
final class ImageFile implements Closeable {
  /** Alignment of direct writes: a multiple of every logical block size, and of the page size. */
  static final int ALIGNMENT_BYTES = 4096;

  private static final String PARTIAL_SUFFIX = ".partial";

  private final Path image;
  private final Path partial;
  private final FileChannel buffered;

  /** Past the page cache; null where the file system does not offer that. */
  private final FileChannel direct;

  private ImageFile(Path image, Path partial, FileChannel buffered, FileChannel direct) {
    this.image = image;
    this.partial = partial;
    this.buffered = buffered;
    this.direct = direct;
  }

  /**
   * Makes an empty image, in the place of a partial one that an interrupted recovery left.
   *
   * @throws RecoveryException when the image exists
   */
  static ImageFile create(Path image, long capacityBytes) throws IOException {
    Path partial = image.resolveSibling(image.getFileName() + PARTIAL_SUFFIX);
    if (Files.exists(image)) {
      throw new RecoveryException(image + " exists; recover into another folder, or remove it");
    }
    Files.deleteIfExists(partial);
    FileChannel buffered =
        FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (RandomAccessFile file = new RandomAccessFile(partial.toFile(), "rw")) {
      file.setLength(capacityBytes);
      return new ImageFile(image, partial, buffered, openDirect(partial));
    } catch (IOException e) {
      buffered.close();
      Files.deleteIfExists(partial);
      throw e;
    }
  }

  private static FileChannel openDirect(Path file) throws IOException {
    if (DirectIo.option().isEmpty()
        || ALIGNMENT_BYTES % Files.getFileStore(file).getBlockSize() != 0) {
      return null;
    }
    try {
      return FileChannel.open(file, StandardOpenOption.WRITE, DirectIo.option().get());
    } catch (UnsupportedOperationException | FileSystemException e) {
      return null; // The buffered channel does as well, and reports what is really wrong.
    }
  }

  /**
   * Writes a run of bytes.
   *
   * @param bytes its memory is aligned like the offset: the byte for an offset that is a multiple
   *     of {@link #ALIGNMENT_BYTES} is at such an address
   * @param directBytesMin runs of whole blocks that are shorter go through the page cache
   */
  void write(long offset, ByteBuffer bytes, int directBytesMin) throws IOException {
    long end = offset + bytes.remaining();
    long alignedStart = Math.ceilDiv(offset, (long) ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    long alignedEnd = end / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
    if (direct == null || alignedEnd - alignedStart < directBytesMin) {
      writeFully(buffered, offset, bytes);
      return;
    }
    int first = bytes.position();
    int head = (int) (alignedStart - offset);
    int middle = (int) (alignedEnd - alignedStart);
    writeFully(buffered, offset, bytes.slice(first, head));
    writeFully(
        direct,
        alignedStart,
        bytes.duplicate().limit(first + head + middle).position(first + head));
    writeFully(buffered, alignedEnd, bytes.slice(first + head + middle, (int) (end - alignedEnd)));
  }

  private static void writeFully(FileChannel channel, long offset, ByteBuffer bytes)
      throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Makes what was written durable, still under the partial name. */
  void force() throws IOException {
    buffered.force(true);
  }

  /** Gives the image its name. To be called after {@link #force}, when all of it is written. */
  void publish() throws IOException {
    if (Files.exists(image)) {
      throw new RecoveryException(
          image + " has come to exist meanwhile; the recovered one is " + partial);
    }
    Files.move(partial, image);
  }

  void delete() throws IOException {
    Files.deleteIfExists(partial);
  }

  @Override
  public void close() throws IOException {
    try (buffered) {
      if (direct != null) {
        direct.close();
      }
    }
  }
}
