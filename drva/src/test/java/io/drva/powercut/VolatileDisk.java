package io.drva.powercut;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * A virtual disk with a volatile write cache. Of the sectors that were written since the last
 * flush, a power cut keeps some and loses the others, whatever their order was; a sector itself is
 * never torn. That is all that a real disk promises.
 *
 * <p>Two files: what the machine sees, and what survives. A flush copies the sectors that were
 * written from the one to the other. Any thread.
 */
final class VolatileDisk implements AutoCloseable {
  static final int SECTOR_BYTES = 4096;

  /** What mkfs.xfs makes a file system on, and a little more. */
  private static final long FORMATTED_BYTES = 320 << 20;

  private static final int COPY_BYTES = 1 << 20;

  private final FileChannel seen;
  private final FileChannel durable;
  private final long sizeBytes;

  /** Sectors that were written since the last flush; guarded by this, as all below. */
  private final BitSet unflushed = new BitSet();

  private final ByteBuffer copy = ByteBuffer.allocateDirect(COPY_BYTES);
  private boolean on;
  private long requests;
  private long requestsMax;
  private CompletableFuture<Void> cut = new CompletableFuture<>();

  /** What a cut did to the sectors that were not flushed. */
  record Unflushed(int kept, int lost) {}

  /**
   * @param image what survives a cut; what the machine sees is kept beside it
   */
  VolatileDisk(Path image) throws IOException {
    Path beside = image.resolveSibling(image.getFileName() + ".seen");
    Files.copy(image, beside, StandardCopyOption.REPLACE_EXISTING);
    seen = FileChannel.open(beside, StandardOpenOption.READ, StandardOpenOption.WRITE);
    durable = FileChannel.open(image, StandardOpenOption.READ, StandardOpenOption.WRITE);
    sizeBytes = durable.size();
  }

  /**
   * A disk with an empty file system on it.
   *
   * @param image a new file
   * @param fileSystem ext4 or xfs
   */
  static VolatileDisk format(Path image, String fileSystem)
      throws IOException, InterruptedException {
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(FORMATTED_BYTES);
    }
    List<String> command = new ArrayList<>(List.of("mkfs." + fileSystem, "-q"));
    command.addAll(
        switch (fileSystem) {
          case "ext4" -> List.of("-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0");
          case "xfs" -> List.of("-s", "size=4096");
          default -> throw new IllegalArgumentException("ext4 or xfs, not " + fileSystem);
        });
    command.add(image.toString());
    Process mkfs = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = mkfs.inputReader(UTF_8).readAllAsString();
    if (mkfs.waitFor() != 0) {
      throw new IOException(command + ": " + said);
    }
    return new VolatileDisk(image);
  }

  long sizeBytes() {
    return sizeBytes;
  }

  synchronized void powerOn() {
    on = true;
    requests = 0;
    requestsMax = Long.MAX_VALUE;
    cut = new CompletableFuture<>();
  }

  /**
   * Cuts the power in place of serving a write or flush: the first one after so many more that
   * finds something to lose.
   *
   * @return completes when that has happened
   */
  synchronized CompletableFuture<Void> cutAfter(int moreRequests) {
    requestsMax = requests + moreRequests;
    return cut;
  }

  /** Writes and flushes served since the power was turned on. */
  synchronized long requests() {
    return requests;
  }

  /** Nothing is served any more. */
  synchronized void powerOff() {
    on = false;
    cut.complete(null);
  }

  /** False when there is no power. */
  synchronized boolean read(ByteBuffer into, long offsetBytes) throws IOException {
    if (on) {
      transfer(seen, into, offsetBytes);
    }
    return on;
  }

  /** False when there is no power: then nothing was written. */
  synchronized boolean write(ByteBuffer from, long offsetBytes) throws IOException {
    if (!serves()) {
      return false;
    }
    int sector = Math.toIntExact(offsetBytes / SECTOR_BYTES);
    unflushed.set(sector, sector + from.remaining() / SECTOR_BYTES);
    writeFully(seen, from, offsetBytes);
    return true;
  }

  /** Makes durable what was written; false when there is no power: then it did not. */
  synchronized boolean flush() throws IOException {
    if (!serves()) {
      return false;
    }
    copy(unflushed, seen, durable);
    unflushed.clear();
    return true;
  }

  private boolean serves() {
    if (on && requests >= requestsMax && !unflushed.isEmpty()) {
      powerOff();
    }
    requests += on ? 1 : 0;
    return on;
  }

  /**
   * Decides what a cut has left of the sectors that were not flushed. When it returns the machine
   * would see what survived.
   *
   * @param keptShare how likely a sector is kept, 0 to 1
   */
  synchronized Unflushed lose(RandomGenerator random, double keptShare) throws IOException {
    if (on) {
      throw new IllegalStateException("the power is on");
    }
    int total = unflushed.cardinality();
    BitSet kept = new BitSet();
    unflushed.stream().filter(sector -> random.nextDouble() < keptShare).forEach(kept::set);
    BitSet lost = (BitSet) unflushed.clone();
    lost.andNot(kept);
    copy(kept, seen, durable);
    copy(lost, durable, seen);
    unflushed.clear();
    return new Unflushed(kept.cardinality(), total - kept.cardinality());
  }

  private void copy(BitSet sectors, FileChannel from, FileChannel to) throws IOException {
    for (int start = sectors.nextSetBit(0); start >= 0; ) {
      int end = Math.min(sectors.nextClearBit(start), start + COPY_BYTES / SECTOR_BYTES);
      long offset = (long) start * SECTOR_BYTES;
      copy.clear().limit((end - start) * SECTOR_BYTES);
      transfer(from, copy, offset);
      writeFully(to, copy.flip(), offset);
      start = sectors.nextSetBit(end);
    }
  }

  private static void transfer(FileChannel from, ByteBuffer into, long offsetBytes)
      throws IOException {
    long offset = offsetBytes;
    while (into.hasRemaining()) {
      int count = from.read(into, offset);
      if (count < 0) {
        throw new IOException("a read beyond the disk's end, at " + offset);
      }
      offset += count;
    }
  }

  private static void writeFully(FileChannel to, ByteBuffer from, long offsetBytes)
      throws IOException {
    long offset = offsetBytes;
    while (from.hasRemaining()) {
      offset += to.write(from, offset);
    }
  }

  @Override
  public void close() throws IOException {
    try (seen;
        durable) {
      powerOff();
    }
  }
}
