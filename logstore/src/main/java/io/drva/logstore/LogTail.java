package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The end of a domain's log, where it is appended to: the group of records in memory, the cycle
 * file that it goes to, and the start of the next file. Owned by the writer's thread; makes the
 * files known to the force thread and to readers.
 */
final class LogTail {

  private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

  private final DomainDirectory directory;
  private final Disk disk;
  private final CyclePool pool;
  private final CyclePool.Share share;
  private final RetainedFiles files;
  private final Forcer forcer;
  private final ForceListener listener;

  /** What was appended since the last flush. */
  private final RecordGroup group = new RecordGroup();

  /** The SNAPSHOT or SEAL being appended. */
  private final RecordHeader mark = new RecordHeader();

  private final RunAppender run;
  private final int runNumber;
  private volatile CycleFile active;

  /** Where the last document of the active file starts; 0 while Chronicle's own is the only one. */
  private long lastDocument;

  private boolean reserved;

  LogTail(
      DomainDirectory directory,
      Disk disk,
      CyclePool pool,
      CyclePool.Share share,
      RetainedFiles files,
      Forcer forcer,
      ForceListener listener)
      throws IOException {
    // Here and not at the first append: what the run's directory takes is allocated now, and
    // Chronicle's classes are loaded.
    this.directory = directory;
    this.disk = disk;
    this.pool = pool;
    this.share = share;
    this.files = files;
    this.forcer = forcer;
    this.listener = listener;
    DomainDirectory.Run place = directory.newRun();
    disk.createDirectory(place.path());
    disk.forceDirectory(directory.path());
    this.runNumber = place.number();
    this.run = new RunAppender(place.path(), pool.cycleBytes());
  }

  /** Whether a record with so much data fits behind what is in the active file and in the group. */
  boolean fits(int dataBytes) {
    return active != null
        && active.appendedPosition
                + 2 * RecordGroup.HEADER_BYTES
                + group.bytes()
                + RecordGroup.encodedBytes(dataBytes)
            <= pool.limitBytes() - LogLimits.CYCLE_TAIL_BYTES;
  }

  /** What is left of the active file, bytes. Any thread. */
  long freeBytes() {
    CycleFile file = active;
    return file == null ? 0 : pool.limitBytes() - file.appendedPosition;
  }

  /** Makes sure of another cycle file within the budget; false when there is none now. */
  boolean reserve() {
    if (!reserved) {
      reserved = share.reserve();
    }
    return reserved;
  }

  /**
   * Adds a record that fits to the group, which is handed on first if it is full.
   *
   * @param lsn the LSN that it gets
   */
  void append(RecordHeader header, long lsn, ByteBuffer data) throws IOException {
    if (!group.takes(data.remaining())) {
      flush();
    }
    add(active, header, lsn, data);
  }

  private void add(CycleFile file, RecordHeader header, long lsn, ByteBuffer data) {
    header.fileId = file.fileId;
    header.lsn = lsn;
    header.forcedLsn = forcer.forcedLsn();
    group.add(header, data);
  }

  /** Hands the group to its file and to the force thread. */
  void flush() throws IOException {
    if (!group.isEmpty()) {
      write(active);
      listener.appended(active.lastLsn);
      forcer.appended(active.lastLsn);
    }
  }

  /** Writes the group to the file, as one document, and publishes the file's end. */
  private void write(CycleFile file) throws IOException {
    long start = file.appendedPosition;
    long end = start + RecordGroup.HEADER_BYTES + group.bytes();
    file.write(group.document(start), start);
    lastDocument = start;
    published(file, end);
  }

  private void published(CycleFile file, long end) {
    file.appended(end, group.lastLsn());
    group.clear();
  }

  /**
   * Starts the next cycle file with a snapshot; uses the reservation.
   *
   * @param state what the records up to {@code lastLsn} add up to
   */
  void roll(DomainState state, long lastLsn) throws IOException {
    flush();
    Path path = run.nextPath();
    FileChannel channel = share.materialize(path);
    reserved = false;
    CycleFile next =
        CycleFile.toAppend(disk, path, runNumber, directory.fileId(path), lastLsn + 1, channel);
    next.zeroHead();
    run.roll(lastDocument);
    lastDocument = 0;
    mark(next, RecordType.SNAPSHOT, lastLsn, snapshot(state));
    published(next, run.begin(next, group.content()));
    if (!run.currentPath().equals(path)) {
      throw new IllegalStateException("rolled to " + run.currentPath() + " instead of " + path);
    }
    if (active != null) {
      active.sealed = true;
    }
    active = next;
    files.add(next);
    forcer.fileStarted(next);
  }

  private ByteBuffer snapshot(DomainState state) {
    ByteBuffer snapshot = ByteBuffer.allocate(state.snapshotBytesMax());
    state.encodeSnapshot(snapshot, files.releasedLsn());
    return snapshot.flip();
  }

  private void mark(CycleFile file, int type, long lastLsn, ByteBuffer data) {
    CRC32C crc = new CRC32C();
    crc.update(data.duplicate());
    mark.type = type;
    mark.dataLengthBytes = data.remaining();
    mark.dataCrc32c = (int) crc.getValue();
    add(file, mark, lastLsn + 1, data);
  }

  /** Everything is forced: says so in the file, as evidence for the next opening. */
  void seal(long lastLsn) throws IOException {
    if (active != null) {
      mark(active, RecordType.SEAL, lastLsn, NO_DATA);
      write(active);
      active.force(pool);
    }
  }

  /** Lets go of Chronicle's mapping and of the reservation. */
  void close() {
    run.close();
    if (reserved) {
      share.cancelReservation();
    }
  }
}
