package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;

/**
 * Packs the data of a segment into chunks. Owned by one thread; allocates nothing per record.
 *
 * <p>Records of one disk are gathered in a chunk of {@link StagedChunk#RAW_BYTES}, which is then
 * compressed to its place in the data. Few disks write at a time, so {@link #OPEN_CHUNKS_MAX} open
 * chunks are enough; when all are taken, the fullest is closed early. A chunk's place is known only
 * when it is closed: until then it goes by a provisional number.
 */
final class ChunkPacker {
  private static final int OPEN_CHUNKS_MAX = 16;

  /** Direct memory of the open chunks when there are as many as can be. */
  static final int STAGING_BYTES_MAX = OPEN_CHUNKS_MAX * StagedChunk.RAW_BYTES;

  private final LZ4Compressor compressor;
  private final CRC32C crc = new CRC32C();
  private final StagedChunk[] chunks = new StagedChunk[OPEN_CHUNKS_MAX];
  private final ByteBuffer table;
  private final int[] chunkOfProvisional;
  private ByteBuffer data;
  private int chunksReserved;
  private int chunkCount;
  private int provisionalCount;
  private int stagedBytes;
  private int lastPosition;
  private long rawBytes;

  /**
   * Reserves memory for open chunks as they are needed.
   *
   * @param table gets the chunk table, from index 0; has room for the most chunks of a segment,
   *     which is that of its records
   */
  ChunkPacker(LZ4Compressor compressor, ByteBuffer table) {
    this.compressor = compressor;
    this.table = table;
    this.chunkOfProvisional = new int[table.capacity() / Format.CHUNK_ENTRY_BYTES];
  }

  /**
   * Begins a segment.
   *
   * @param target gets the chunks, from index 0; must have room for {@link Lz4#boundBytes} of all
   *     that is added
   */
  void begin(ByteBuffer target) {
    data = target.clear();
    chunkCount = 0;
    provisionalCount = 0;
    stagedBytes = 0;
    rawBytes = 0;
    table.clear();
  }

  /**
   * The most bytes that the data can have if nothing is added: those stored, and those in open
   * chunks as they are.
   */
  int bytes() {
    return data.position() + stagedBytes;
  }

  int chunkCount() {
    return chunkCount;
  }

  /** The chunks there are when nothing is added. */
  int chunksBegun() {
    return provisionalCount;
  }

  /** The sum of the raw lengths of the chunks that are closed. */
  long rawBytes() {
    return rawBytes;
  }

  /**
   * Adds the data of a record.
   *
   * @param disk has its place in the segment's disk table
   * @return the provisional number of the chunk that it is in
   */
  int add(DomainCatalog.Disk disk, ByteBuffer bytes) {
    int length = bytes.remaining();
    if (length >= StagedChunk.RAW_BYTES) {
      int provisional = provisionalCount++;
      lastPosition = 0;
      store(disk, provisional, bytes, bytes.position(), length);
      return provisional;
    }
    StagedChunk staged = stagedChunk(disk, length);
    lastPosition = staged.raw.position();
    staged.raw.put(lastPosition, bytes, bytes.position(), length);
    staged.raw.position(lastPosition + length);
    stagedBytes += length;
    return staged.provisional;
  }

  /** Where in its raw chunk the data is that was added last. */
  int lastPosition() {
    return lastPosition;
  }

  private StagedChunk stagedChunk(DomainCatalog.Disk disk, int dataBytes) {
    StagedChunk chunk = disk.chunk;
    if (chunk != null && chunk.raw.remaining() < dataBytes) {
      close(chunk);
      chunk = null;
    }
    if (chunk == null) {
      chunk = freeChunk();
      chunk.disk = disk;
      chunk.provisional = provisionalCount++;
      disk.chunk = chunk;
    }
    return chunk;
  }

  private StagedChunk freeChunk() {
    StagedChunk fullest = null;
    for (int i = 0; i < chunksReserved; i++) {
      StagedChunk chunk = chunks[i];
      if (chunk.disk == null) {
        return chunk;
      }
      if (fullest == null || chunk.raw.position() > fullest.raw.position()) {
        fullest = chunk;
      }
    }
    if (chunksReserved < OPEN_CHUNKS_MAX) {
      chunks[chunksReserved] = new StagedChunk(ByteBuffer.allocateDirect(StagedChunk.RAW_BYTES));
      return chunks[chunksReserved++];
    }
    close(fullest);
    return fullest;
  }

  private void close(StagedChunk chunk) {
    int lengthBytes = chunk.raw.position();
    stagedBytes -= lengthBytes;
    store(chunk.disk, chunk.provisional, chunk.raw, 0, lengthBytes);
    reset(chunk);
  }

  private static void reset(StagedChunk chunk) {
    chunk.disk.chunk = null;
    chunk.disk = null;
    chunk.raw.clear();
  }

  /** Compresses a chunk to the end of the data, or copies it when that is no longer. */
  private void store(
      DomainCatalog.Disk disk, int provisional, ByteBuffer raw, int rawAt, int length) {
    int at = data.position();
    int storedBytes = compressor.compress(raw, rawAt, length, data, at, Lz4.boundBytes(length));
    int codec = Format.CODEC_LZ4;
    if (storedBytes >= length) {
      storedBytes = length;
      codec = Format.CODEC_STORED;
      data.put(at, raw, rawAt, length);
    }
    data.limit(at + storedBytes).position(at);
    crc.reset();
    crc.update(data);
    data.clear().position(at + storedBytes);
    table.putLong(at).putInt(storedBytes).putInt(length).putInt((int) crc.getValue());
    table.putInt(codec << 24).putInt(disk.tableIndex).putInt(0);
    chunkOfProvisional[provisional] = chunkCount++;
    rawBytes += length;
  }

  /**
   * Closes what is open.
   *
   * @return the bytes of data
   */
  int finish() {
    for (int i = 0; i < chunksReserved; i++) {
      if (chunks[i].disk != null) {
        close(chunks[i]);
      }
    }
    int dataBytes = data.position();
    data = null;
    return dataBytes;
  }

  /**
   * The place in the chunk table that a provisional number came to have; known after {@link
   * #finish}.
   */
  int chunk(int provisional) {
    return chunkOfProvisional[provisional];
  }

  /** Forgets the segment under way. */
  void abandon() {
    for (int i = 0; i < chunksReserved; i++) {
      if (chunks[i].disk != null) {
        reset(chunks[i]);
      }
    }
    data = null;
  }
}
