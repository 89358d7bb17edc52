package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * Hands out a domain's records in the order of their LSNs, never beyond the forced LSN. For one
 * consumer thread; allocates nothing per record.
 *
 * <p>Each record is verified as it is read: header and data checksum, that it belongs to this use
 * of this file, and that its LSN is the next. The file that is being read is not recycled until the
 * reader has left it. Interrupting the thread closes the file and ends the reader.
 *
 * <p>A log that was stopped by an error still hands out what was forced before.
 */
public final class LogReader implements AutoCloseable {

  private final DomainLog log;
  private final CycleScanner scanner = new CycleScanner();
  private final RecordHeader header = scanner.header();
  private long nextLsn;
  private CycleFile file;
  private FileChannel channel;
  private boolean closed;

  LogReader(DomainLog log, long fromLsn) {
    this.log = log;
    this.nextLsn = fromLsn;
  }

  /**
   * Goes to the next record if it is forced.
   *
   * @return false when everything forced has been handed out
   * @throws LogDamagedException when the next record is not intact
   */
  public boolean next() throws IOException {
    if (closed) {
      throw new IllegalStateException("the reader is closed");
    }
    if (nextLsn > log.forcedLsn()) {
      return false;
    }
    while (true) {
      if (file == null) {
        openFileOf(nextLsn);
      }
      CycleScanner.Found found = scanner.next(file.forcedPosition);
      if (found == CycleScanner.Found.RECORD) {
        if (isNext()) {
          nextLsn++;
          return true;
        }
      } else if (nextLsn > file.lastLsn) {
        leaveFile();
      } else {
        throw new LogDamagedException(
            file.path, scanner.recordPosition(), nextLsn, scanner.problem());
      }
    }
  }

  /** Whether the scanned record is the one to hand out; false for one to pass over. */
  private boolean isNext() throws LogDamagedException {
    if (!RecordType.hasLsn(header.type) || header.lsn < nextLsn) {
      return false;
    }
    if (header.lsn != nextLsn) {
      throw new LogDamagedException(
          file.path, scanner.recordPosition(), nextLsn, "LSN " + header.lsn + " is here");
    }
    return true;
  }

  /**
   * Waits until {@link #next} would return true.
   *
   * @return false when the time is over first
   * @throws LogStoppedException when it never will: the log is stopped or closed and everything
   *     forced has been handed out
   */
  public boolean await(long timeoutNanos) throws IOException, InterruptedException {
    return log.awaitForced(nextLsn, timeoutNanos);
  }

  private void openFileOf(long lsn) throws IOException {
    CycleFile pinned = log.pin(lsn);
    try {
      channel = log.disk().openForRead(pinned.path);
      file = pinned;
    } finally {
      if (file == null) {
        log.unpin(pinned);
      }
    }
    scanner.start(channel, file.fileId);
  }

  private void leaveFile() throws IOException {
    log.unpin(file);
    file = null;
    channel.close();
  }

  /** The LSN of the record that the next successful {@link #next} hands out. */
  public long nextLsn() {
    return nextLsn;
  }

  public long lsn() {
    return header.lsn;
  }

  /** One of {@link RecordType}. */
  public int type() {
    return header.type;
  }

  public int flags() {
    return header.flags;
  }

  public int host() {
    return header.host;
  }

  /** The host's sequence number; 0 for HOST_ATTACHED, DISK_OPENED and HOST_CLOSED. */
  public long seq() {
    return header.seq;
  }

  /** The disk's number; 0 for HOST_ATTACHED and HOST_CLOSED. */
  public int disk() {
    return header.disk;
  }

  /** The extent's offset on the disk; for DISK_OPENED the disk's capacity. */
  public long offsetBytes() {
    return header.offsetBytes;
  }

  /** The extent's length; for DISK_OPENED the sector size. */
  public int lengthBytes() {
    return header.lengthBytes;
  }

  public long timeMicros() {
    return header.timeMicros;
  }

  /** CRC-32C of the data as the host computed it; 0 for a record without disk data. */
  public int dataCrc32c() {
    return RecordType.carriesDiskData(header.type) ? header.dataCrc32c : 0;
  }

  /**
   * The data of a WRITE or BASELINE from position to limit, nothing for other types. A view of the
   * reader's own buffer, valid until the next call of {@link #next}.
   */
  public ByteBuffer data() {
    ByteBuffer data = scanner.data();
    if (!RecordType.carriesDiskData(header.type)) {
      data.limit(data.position());
    }
    return data;
  }

  /** HOST_ATTACHED: the host's name. */
  public String hostName() {
    ByteBuffer payload = payloadOf(RecordType.HOST_ATTACHED);
    return DomainState.nameAt(payload, payload.position() + LogLimits.INCARNATION_BYTES);
  }

  /** HOST_ATTACHED: a copy of the host's incarnation. */
  public byte[] incarnation() {
    ByteBuffer payload = payloadOf(RecordType.HOST_ATTACHED);
    byte[] incarnation = new byte[LogLimits.INCARNATION_BYTES];
    payload.get(payload.position(), incarnation);
    return incarnation;
  }

  /** DISK_OPENED: the virtual machine's name. */
  public String vmName() {
    ByteBuffer payload = payloadOf(RecordType.DISK_OPENED);
    return DomainState.nameAt(payload, payload.position());
  }

  /** DISK_OPENED: the disk's name. */
  public String diskName() {
    ByteBuffer payload = payloadOf(RecordType.DISK_OPENED);
    int vmAt = payload.position();
    return DomainState.nameAt(payload, vmAt + 1 + DomainState.nameLength(payload, vmAt));
  }

  private ByteBuffer payloadOf(int type) {
    if (header.type != type) {
      throw new IllegalStateException("the record has type " + header.type + ", not " + type);
    }
    ByteBuffer data = scanner.data().duplicate(); // The scanner's own may be in the caller's hands.
    return data.limit(data.position() + header.dataLengthBytes);
  }

  /** Idempotent. Call on the consumer thread. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      if (file != null) {
        leaveFile();
      }
    }
  }
}
