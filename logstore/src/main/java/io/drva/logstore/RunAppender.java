package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.RollCycle;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueStore;
import net.openhft.chronicle.wire.DocumentContext;

/**
 * The Chronicle queue that one process run appends to: the only class that knows Chronicle. Used by
 * the log's writer thread.
 *
 * <p>What is chosen on purpose:
 *
 * <ul>
 *   <li>One chunk maps a whole cycle file, so that an append never crosses a mapping.
 *   <li>The index is as small as Chronicle allows and spaced so widely that a file needs one entry:
 *       we never look anything up in it.
 *   <li>The clock stands still and is moved by one roll cycle to start the next file: files roll by
 *       size.
 *   <li>No sync mode: the log forces the files itself, through channels that report errors.
 *   <li>Chronicle writes what makes a cycle file one of a queue, and its first document; and when
 *       it has rolled to the next file, the mark that ends this one. The documents between, {@link
 *       LogTail} writes past the mapping (see {@link RecordGroup}): Chronicle, like any reader,
 *       finds its way from one document's header to the next.
 * </ul>
 */
final class RunAppender implements AutoCloseable {

  static {
    // Each writes to standard output or starts a thread that we do not want: the releaser unmaps
    // files some time after they were closed. Read by Chronicle's classes when they load, so they
    // are set before the first of them is touched.
    System.setProperty("chronicle.analytics.disable", "true");
    System.setProperty("chronicle.announcer.disable", "true");
    System.setProperty("chronicle.disk.monitor.disable", "true");
    System.setProperty("background.releaser", "false");
  }

  /** No document starts beyond this offset in a new cycle file: Chronicle's own headers, bytes. */
  static final int HEAD_BYTES_MAX = 4096;

  private static final RollCycle ROLL_CYCLE = RollCycles.FIVE_MINUTELY;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern(ROLL_CYCLE.format()).withZone(ZoneOffset.UTC);
  private static final String SUFFIX = ".cq4";
  private static final int INDEX_COUNT = 8;
  private static final int INDEX_SPACING = 1 << 24;

  /** Chronicle lets one document take a quarter of the mapping block: enough for the largest. */
  private static final int BLOCK_BYTES_MIN = 8 * LogLimits.DATA_BYTES_MAX;

  private final ByteBuffer header =
      ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final Path directory;
  private final SetTimeProvider clock = new SetTimeProvider();
  private final SingleChronicleQueue queue;
  private final ExcerptAppender appender;
  private int cycle;

  RunAppender(Path directory, int cycleBytes) {
    this.directory = directory;
    this.queue =
        SingleChronicleQueueBuilder.single(directory.toFile())
            .rollCycle(ROLL_CYCLE)
            .timeProvider(clock)
            .blockSize(Math.max(cycleBytes, BLOCK_BYTES_MIN))
            .indexCount(INDEX_COUNT)
            .indexSpacing(INDEX_SPACING)
            .syncMode(SyncMode.NONE)
            .build();
    this.appender = queue.createAppender();
    appender.singleThreadedCheckDisabled(true);
  }

  static boolean isCycleFile(Path file) {
    return file.getFileName().toString().endsWith(SUFFIX);
  }

  static Path cyclePath(Path directory, int cycle) {
    LocalDateTime start =
        LocalDateTime.ofEpochSecond(
            (long) cycle * ROLL_CYCLE.lengthInMillis() / 1000, 0, ZoneOffset.UTC);
    return directory.resolve(NAME.format(start) + SUFFIX);
  }

  /** The number of the cycle that the next {@link #roll} starts; from 1. */
  int nextCycle() {
    return cycle + 1;
  }

  /** Where the next cycle's file must lie, zeroed at its head, before {@link #roll}. */
  Path nextPath() {
    return cyclePath(directory, nextCycle());
  }

  /**
   * The next {@link #begin} ends the current cycle file and goes to the next.
   *
   * @param lastDocument where the current file's last document starts: told to Chronicle, which
   *     looks for the end from the last document that it wrote itself; 0 when there is no such file
   */
  void roll(long lastDocument) {
    if (lastDocument > 0) {
      SingleChronicleQueueStore store = queue.storeForCycle(cycle, queue.epoch(), false, null);
      try {
        store.writePosition(lastDocument);
      } finally {
        queue.closeStore(store);
      }
    }
    cycle++;
    clock.currentTimeMillis((long) cycle * ROLL_CYCLE.lengthInMillis());
  }

  /**
   * Begins the file that {@link #nextPath} named before the last {@link #roll}: with Chronicle's
   * own headers and a first document.
   *
   * @param file the same, to look at it past the mapping
   * @return the end of the document in its file, bytes
   */
  long begin(CycleFile file, ByteBuffer content) throws IOException {
    int contentBytes = content.remaining();
    DocumentContext document = appender.writingDocument(false);
    long at = 0;
    boolean complete = false;
    try {
      Bytes<?> bytes = document.wire().bytes();
      at = bytes.writePosition();
      bytes.write(at, content, content.position(), contentBytes);
      bytes.writePosition(at + contentBytes);
      complete = true;
    } finally {
      if (!complete) {
        document.rollbackOnClose();
      }
      document.close();
    }
    requireHeader(file, at - Integer.BYTES, contentBytes);
    return at + contentBytes;
  }

  /**
   * Looks at the document's header past the mapping: a fault in a mapped write may be reported to
   * the thread only later, and by then the group would be forced without it.
   */
  private void requireHeader(CycleFile file, long at, int contentBytes) throws IOException {
    file.read(header.clear(), at);
    if (header.getInt(0) != contentBytes) {
      throw new IOException(
          file.path
              + ": the document header at "
              + at
              + " is 0x"
              + Integer.toHexString(header.getInt(0))
              + ", not that of "
              + contentBytes
              + " bytes");
    }
  }

  /** The file that was begun last. */
  Path currentPath() {
    return appender.currentFile().toPath();
  }

  @Override
  public void close() {
    appender.close();
    queue.close();
  }
}
