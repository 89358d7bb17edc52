package io.drva.recovery;

import io.drva.blobsink.ChunkRef;
import io.drva.blobsink.Container;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.Format;
import io.drva.blobsink.ObjectNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Does one read after the other: fetches, checks and decodes chunks, checks the data of each record
 * that is used, and writes it to the images, neighbours in one go. Used by one thread at a time;
 * its buffers are all the memory that it needs.
 */
final class FetchWorker {
  /** The longest run that is written at once. */
  private static final int RUN_BYTES_MAX = 1 << 20;

  /** Whole blocks in a run from which on the page cache is left out. */
  private static final int DIRECT_BYTES_MIN = 16 << 10;

  private final Container container;
  private final List<ImageFile> images;
  private final ByteBuffer stored = ByteBuffer.allocateDirect(FetchTask.RANGE_BYTES_MAX);
  private final ByteBuffer raw = ByteBuffer.allocateDirect(Format.CHUNK_RAW_BYTES_MAX);
  private final ByteBuffer run =
      ByteBuffer.allocateDirect(RUN_BYTES_MAX + 2 * ImageFile.ALIGNMENT_BYTES)
          .alignedSlice(ImageFile.ALIGNMENT_BYTES);
  private final CRC32C crc = new CRC32C();
  private ImageFile runImage;
  private long runStart;
  private long runEnd;

  FetchWorker(Container container, List<ImageFile> images) {
    this.container = container;
    this.images = images;
  }

  void run(FetchTask task) throws IOException {
    String object = ObjectNames.chain(task.segmentNumber());
    try {
      stored.clear().limit(task.rangeBytes());
      container.readFully(object, task.offset(), stored);
      for (FetchTask.Chunk chunk : task.chunks()) {
        ChunkRef ref = chunk.ref();
        ref.decode(container.location(), object, stored, (int) (ref.offset() - task.offset()), raw);
        write(object, task.pieces(), chunk);
      }
      flush();
    } catch (CorruptObjectException e) {
      throw e.withIntactLsn(task.firstLsn() - 1);
    } finally {
      runImage = null;
    }
  }

  private void write(String object, FetchTask.Pieces pieces, FetchTask.Chunk chunk)
      throws IOException {
    ImageFile image = images.get(chunk.disk());
    for (int i = chunk.firstPiece(); i < chunk.endPiece(); i++) {
      // The pieces of one record come one after the other unless another record's are between: then
      // it is checked again.
      if (i == chunk.firstPiece() || !pieces.areOfOneRecord(i - 1, i)) {
        check(object, pieces, chunk, i);
      }
      append(image, pieces.diskOffset[i], pieces.rawPosition[i], pieces.lengthBytes[i]);
    }
  }

  private void check(String object, FetchTask.Pieces pieces, FetchTask.Chunk chunk, int piece)
      throws CorruptObjectException {
    crc.reset();
    crc.update(raw.slice(pieces.recordPosition[piece], pieces.recordBytes[piece]));
    if ((int) crc.getValue() != pieces.recordCrc32c[piece]) {
      throw new CorruptObjectException(
          container.location(),
          object,
          chunk.ref().offset(),
          "the data of a record at disk offset "
              + pieces.diskOffset[piece]
              + " does not match its host's checksum");
    }
  }

  private void append(ImageFile image, long diskOffset, int rawPosition, int length)
      throws IOException {
    int done = 0;
    while (done < length) {
      long at = diskOffset + done;
      if (image != runImage || at != runEnd || runEnd - runStart == RUN_BYTES_MAX) {
        flush();
        runImage = image;
        runStart = at;
        runEnd = at;
      }
      int count = (int) Math.min(length - done, RUN_BYTES_MAX - (runEnd - runStart));
      run.put(runPosition(at), raw, rawPosition + done, count);
      runEnd += count;
      done += count;
    }
  }

  /**
   * Bytes lie in the buffer as they lie in the blocks of the disk, so that they can be written
   * directly.
   */
  private int runPosition(long diskOffset) {
    return (int) (runStart % ImageFile.ALIGNMENT_BYTES + (diskOffset - runStart));
  }

  private void flush() throws IOException {
    if (runImage != null) {
      run.clear().limit(runPosition(runEnd)).position(runPosition(runStart));
      runImage.write(runStart, run, DIRECT_BYTES_MIN);
      run.clear();
      runImage = null;
    }
  }
}
