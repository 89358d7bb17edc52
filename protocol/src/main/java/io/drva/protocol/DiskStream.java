package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import java.util.function.LongSupplier;

/**
 * The changes of one disk, on the sequence of its {@link HostClient}. Thread-safe. The order in
 * which calls of one thread return is their order in the sequence.
 *
 * <p>Every method that takes data takes ownership of it, whether it succeeds or throws; only a
 * {@code try} method that found no room leaves it with the caller. The readable bytes are the data;
 * they must not change until they are logged. Arguments that do not fit the disk throw {@link
 * IllegalArgumentException}.
 */
public final class DiskStream {
  /** The domain's number of the disk is not known yet. */
  public static final int DISK_UNKNOWN = -1;

  private final Outbox outbox;
  private final Runnable wake;
  private final LongSupplier wallClockMicros;
  private final DiskGeometry geometry;
  private final ControlFrame.Open openFrame;
  private volatile int disk = DISK_UNKNOWN;

  DiskStream(
      Outbox outbox, Runnable wake, LongSupplier wallClockMicros, ControlFrame.Open openFrame) {
    this.outbox = outbox;
    this.wake = wake;
    this.wallClockMicros = wallClockMicros;
    this.openFrame = openFrame;
    this.geometry = new DiskGeometry(openFrame.sectorBytes(), openFrame.capacityBytes());
  }

  public String vm() {
    return openFrame.vm();
  }

  public String diskName() {
    return openFrame.disk();
  }

  public long capacityBytes() {
    return geometry.capacityBytes();
  }

  public int sectorBytes() {
    return geometry.sectorBytes();
  }

  /** The domain's number of the disk, {@link #DISK_UNKNOWN} until the server has said it. */
  public int disk() {
    return disk;
  }

  /**
   * Sends a write of the guest. Blocks while the client keeps as many bytes as it may. A write that
   * is longer than a frame may be takes several sequence numbers in a row.
   *
   * @return its last sequence number
   * @throws SessionFailedException once the session has failed for good
   */
  public long write(long offsetBytes, ByteBuf data)
      throws SessionFailedException, InterruptedException {
    return send(FrameType.WRITE, 0, offsetBytes, data);
  }

  /**
   * Sends a write of the guest if there is room; never blocks.
   *
   * @return its last sequence number; 0 if there is no room: the data stays the caller's then
   */
  public long tryWrite(long offsetBytes, ByteBuf data) throws SessionFailedException {
    return trySend(FrameType.WRITE, offsetBytes, data, data.readableBytes());
  }

  /** Says that the extent reads as zeros from now on. Otherwise as {@link #write}. */
  public long zero(long offsetBytes, long lengthBytes)
      throws SessionFailedException, InterruptedException {
    return send(FrameType.ZERO, 0, offsetBytes, null, lengthBytes);
  }

  /** As {@link #zero}, but never blocks: 0 if there is no room. */
  public long tryZero(long offsetBytes, long lengthBytes) throws SessionFailedException {
    return trySend(FrameType.ZERO, offsetBytes, null, lengthBytes);
  }

  /** Says that the guest no longer needs the extent. Otherwise as {@link #write}. */
  public long discard(long offsetBytes, long lengthBytes)
      throws SessionFailedException, InterruptedException {
    return send(FrameType.DISCARD, 0, offsetBytes, null, lengthBytes);
  }

  /** As {@link #discard}, but never blocks: 0 if there is no room. */
  public long tryDiscard(long offsetBytes, long lengthBytes) throws SessionFailedException {
    return trySend(FrameType.DISCARD, offsetBytes, null, lengthBytes);
  }

  /**
   * Sends content that was on the disk before. Otherwise as {@link #write}.
   *
   * @param last whether this ends the disk's baseline
   */
  public long baseline(long offsetBytes, ByteBuf data, boolean last)
      throws SessionFailedException, InterruptedException {
    return send(FrameType.BASELINE, last ? Wire.FLAG_LAST : 0, offsetBytes, data);
  }

  int number() {
    return openFrame.stream();
  }

  ControlFrame.Open openFrame() {
    return openFrame;
  }

  void opened(int disk) {
    this.disk = disk;
  }

  private long send(FrameType type, int flags, long offsetBytes, ByteBuf data)
      throws SessionFailedException, InterruptedException {
    boolean taken = false;
    try {
      long seq = send(type, flags, offsetBytes, data, data.readableBytes());
      taken = true;
      return seq;
    } finally {
      if (!taken) {
        data.release();
      }
    }
  }

  private long send(FrameType type, int flags, long offsetBytes, ByteBuf data, long lengthBytes)
      throws SessionFailedException, InterruptedException {
    check(offsetBytes, lengthBytes);
    long now = wallClockMicros.getAsLong();
    long seq = outbox.submit(this, type, flags, now, offsetBytes, lengthBytes, data, true);
    wake.run();
    return seq;
  }

  private long trySend(FrameType type, long offsetBytes, ByteBuf data, long lengthBytes)
      throws SessionFailedException {
    boolean taken = false;
    try {
      check(offsetBytes, lengthBytes);
      long now = wallClockMicros.getAsLong();
      long seq = outbox.submit(this, type, 0, now, offsetBytes, lengthBytes, data, false);
      taken = true;
      if (seq != 0) {
        wake.run();
      }
      return seq;
    } catch (InterruptedException e) {
      throw new AssertionError("a submission that does not wait cannot be interrupted", e);
    } finally {
      if (!taken && data != null) {
        data.release();
      }
    }
  }

  private void check(long offsetBytes, long lengthBytes) {
    if (!geometry.isAligned(offsetBytes, lengthBytes)
        || !geometry.contains(offsetBytes, lengthBytes)) {
      throw new IllegalArgumentException(
          "offset "
              + offsetBytes
              + " and length "
              + lengthBytes
              + " do not fit a disk of "
              + geometry.capacityBytes()
              + " bytes in sectors of "
              + geometry.sectorBytes());
    }
  }
}
