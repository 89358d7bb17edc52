package io.drva.protocol;

import io.netty.buffer.ByteBuf;

/**
 * The frames that a client may have to send again, by sequence number. A ring whose slots are
 * reused, so that it allocates only while it grows; what bounds it is the bytes that its owner lets
 * in. Not thread-safe: guarded by the {@link Outbox}.
 */
final class RetainedFrames {
  /** What the bookkeeping of one frame takes on the heap, rounded up. It counts as kept as well. */
  static final int SLOT_BYTES = 96;

  private static final int SLOTS_INITIAL = 1_024;

  /** One sequenced frame. The head is rebuilt when it is sent: a few fields instead of a buffer. */
  static final class Frame {
    FrameType type;
    int flags;
    long seq;
    long timeMicros;
    int stream;
    long offsetBytes;
    long lengthBytes;
    int dataBytes;
    int dataCrc32c;
    ByteBuf data;

    /** Takes over the data, or null. */
    void attach(ByteBuf data, int dataCrc32c) {
      this.data = data;
      this.dataBytes = data == null ? 0 : data.readableBytes();
      this.dataCrc32c = dataCrc32c;
    }

    /** What the frame takes of the window. */
    int frameBytes() {
      return Wire.EXTENT_HEAD_BYTES + dataBytes;
    }
  }

  private Frame[] slots = new Frame[SLOTS_INITIAL];
  private long firstSeq = 1;
  private long nextSeq = 1;

  /** Adds the next frame; the caller fills it. */
  Frame add() {
    if (nextSeq - firstSeq == slots.length) {
      grow();
    }
    int slot = slot(nextSeq, slots.length);
    Frame frame = slots[slot];
    if (frame == null) {
      frame = new Frame();
      slots[slot] = frame;
    }
    frame.seq = nextSeq++;
    return frame;
  }

  Frame get(long seq) {
    return slots[slot(seq, slots.length)];
  }

  boolean isEmpty() {
    return firstSeq == nextSeq;
  }

  long firstSeq() {
    return firstSeq;
  }

  /** The last sequence number given out. */
  long lastSeq() {
    return nextSeq - 1;
  }

  /** Drops the oldest frame and its data; returns what it took of the window. */
  int removeFirst() {
    Frame frame = get(firstSeq++);
    int bytes = frame.frameBytes();
    ByteBuf data = frame.data;
    frame.data = null;
    if (data != null) {
      data.release();
    }
    return bytes;
  }

  private void grow() {
    Frame[] larger = new Frame[slots.length * 2];
    for (long seq = firstSeq; seq < nextSeq; seq++) {
      larger[slot(seq, larger.length)] = slots[slot(seq, slots.length)];
    }
    slots = larger;
  }

  private static int slot(long seq, int slots) {
    return (int) seq & (slots - 1);
  }
}
