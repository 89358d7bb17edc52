package io.drva.recovery;

import io.drva.blobsink.ChunkRef;
import io.drva.blobsink.SegmentIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One ranged read of an object and what to do with the chunks in it. The pieces of a chunk are
 * consecutive, in ascending order of their offset on the disk. Immutable once built; independent of
 * the index that it was built from.
 */
final class FetchTask {
  /** The longest range that is read at once; a chunk is shorter. */
  static final int RANGE_BYTES_MAX = 4 << 20;

  /** A gap between wanted chunks that is rather read through than worth a request of its own. */
  static final int READ_THROUGH_BYTES_MAX = 64 << 10;

  private static final int INDEX_BITS = 18;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  /** What a chunk's data is good for. */
  record Chunk(ChunkRef ref, int disk, int firstPiece, int endPiece) {}

  private final long segmentNumber;
  private final long firstLsn;
  private final long offset;
  private final List<Chunk> chunks = new ArrayList<>();
  private int rangeBytes;

  // One column per property of a piece; shared by all tasks of a lot.
  private final Pieces pieces;

  /** The pieces of a lot in order. */
  static final class Pieces {
    final long[] diskOffset;
    final int[] lengthBytes;
    final int[] rawPosition;
    final int[] recordPosition;
    final int[] recordBytes;
    final int[] recordCrc32c;
    final int[] chunk;

    Pieces(int count) {
      diskOffset = new long[count];
      lengthBytes = new int[count];
      rawPosition = new int[count];
      recordPosition = new int[count];
      recordBytes = new int[count];
      recordCrc32c = new int[count];
      chunk = new int[count];
    }

    /** Whether both are parts of the same record's data, and so of the same checksum. */
    boolean areOfOneRecord(int a, int b) {
      return recordPosition[a] == recordPosition[b]
          && recordBytes[a] == recordBytes[b]
          && recordCrc32c[a] == recordCrc32c[b];
    }
  }

  private FetchTask(SegmentIndex index, long offset, Pieces pieces) {
    this.segmentNumber = index.header().number();
    this.firstLsn = index.header().firstLsn();
    this.offset = offset;
    this.pieces = pieces;
  }

  /**
   * Makes the reads that a lot of pieces needs.
   *
   * @param diskOf gives for each entry of the segment's disk table the number that the tasks shall
   *     carry
   */
  static List<FetchTask> build(SegmentIndex index, LivePieces live, int[] diskOf) {
    Pieces pieces = sorted(index, live);
    List<FetchTask> tasks = new ArrayList<>();
    FetchTask task = null;
    int first = 0;
    while (first < live.count) {
      int chunk = pieces.chunk[first];
      int end = first + 1;
      while (end < live.count && pieces.chunk[end] == chunk) {
        end++;
      }
      ChunkRef ref = ChunkRef.of(index, chunk);
      if (task == null || !task.reaches(ref)) {
        task = new FetchTask(index, ref.offset(), pieces);
        tasks.add(task);
      }
      task.rangeBytes = (int) (ref.offset() + ref.storedBytes() - task.offset);
      task.chunks.add(new Chunk(ref, diskOf[index.chunkDisk(chunk)], first, end));
      first = end;
    }
    return tasks;
  }

  private boolean reaches(ChunkRef ref) {
    return ref.offset() - (offset + rangeBytes) <= READ_THROUGH_BYTES_MAX
        && ref.offset() + ref.storedBytes() - offset <= RANGE_BYTES_MAX;
  }

  private static Pieces sorted(SegmentIndex index, LivePieces live) {
    long[] byChunk = new long[live.count];
    for (int i = 0; i < live.count; i++) {
      byChunk[i] = ((long) index.chunk(live.record[i]) << INDEX_BITS) | i;
    }
    Arrays.sort(byChunk);
    sortWithinChunks(byChunk, live);
    Pieces pieces = new Pieces(live.count);
    for (int i = 0; i < live.count; i++) {
      int piece = (int) (byChunk[i] & INDEX_MASK);
      int record = live.record[piece];
      pieces.diskOffset[i] = live.diskOffset[piece];
      pieces.lengthBytes[i] = live.lengthBytes[piece];
      pieces.recordPosition[i] = index.chunkPosition(record);
      pieces.rawPosition[i] =
          index.chunkPosition(record) + (int) (live.diskOffset[piece] - index.offsetBytes(record));
      pieces.recordBytes[i] = (int) index.lengthBytes(record);
      pieces.recordCrc32c[i] = index.dataCrc32c(record);
      pieces.chunk[i] = index.chunk(record);
    }
    return pieces;
  }

  /**
   * Orders the entries of one chunk after the other by offset on the disk. A chunk has one disk.
   */
  private static void sortWithinChunks(long[] byChunk, LivePieces live) {
    int first = 0;
    while (first < byChunk.length) {
      long chunk = byChunk[first] >>> INDEX_BITS;
      int end = first;
      while (end < byChunk.length && byChunk[end] >>> INDEX_BITS == chunk) {
        long piece = byChunk[end] & INDEX_MASK;
        long sector = live.diskOffset[(int) piece] / DiskCoverage.SECTOR_BYTES;
        byChunk[end] = (sector << INDEX_BITS) | piece;
        end++;
      }
      Arrays.sort(byChunk, first, end);
      first = end;
    }
  }

  long segmentNumber() {
    return segmentNumber;
  }

  /** The first LSN of the segment: what is before it can be recovered without the object. */
  long firstLsn() {
    return firstLsn;
  }

  /** Where the range begins, bytes from the object's start. */
  long offset() {
    return offset;
  }

  int rangeBytes() {
    return rangeBytes;
  }

  List<Chunk> chunks() {
    return chunks;
  }

  Pieces pieces() {
    return pieces;
  }
}
