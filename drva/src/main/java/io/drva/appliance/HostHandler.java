package io.drva.appliance;

import io.drva.protocol.ExtentFrame;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.SessionEnd;
import io.drva.protocol.SessionHandler;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * The appliance's end of one session: gathers the frames of a socket read and hands them to the
 * domain at once. Event-loop thread.
 */
final class HostHandler implements SessionHandler {
  /**
   * What a frame counts beside its data, so that the queue's bound in bytes also bounds the number
   * of small frames.
   */
  private static final int FRAME_OVERHEAD_BYTES = 256;

  private final Domain domain;
  private final SessionProgress progress;
  private final LongSupplier nanos;
  private Object[] batch = new Object[256];
  private int count;
  private long batchBytes;

  HostHandler(Domain domain, SessionProgress progress, LongSupplier nanos) {
    this.domain = domain;
    this.progress = progress;
    this.nanos = nanos;
  }

  /** What the frame counts against the ingest queue's limit. */
  static long weightBytes(ExtentFrame frame) {
    return (long) FRAME_OVERHEAD_BYTES + frame.dataBytes();
  }

  @Override
  public int open(String vm, String disk, long capacityBytes, int sectorBytes)
      throws ProtocolException {
    // The record of the disk must follow the frames that came before it.
    readComplete();
    return domain.openDisk(progress, vm, disk, capacityBytes, sectorBytes);
  }

  @Override
  public void extent(ExtentFrame frame) {
    if (count == batch.length) {
      batch = Arrays.copyOf(batch, count * 2);
    }
    batch[count++] = frame;
    batchBytes += weightBytes(frame);
  }

  @Override
  public void readComplete() {
    if (count == 0) {
      return;
    }
    progress.received(((ExtentFrame) batch[count - 1]).seq(), nanos.getAsLong());
    domain.handOver(progress, batch, count, batchBytes);
    Arrays.fill(batch, 0, count, null);
    count = 0;
    batchBytes = 0;
  }

  @Override
  public void close() {
    readComplete();
    domain.closing(progress);
  }

  @Override
  public void ended(SessionEnd end) {
    readComplete();
    domain.ended(progress, end);
  }
}
