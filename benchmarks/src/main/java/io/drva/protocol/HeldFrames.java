package io.drva.protocol;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;

/** The owner of the frames that a benchmark reads. Allocates nothing per frame. */
sealed interface HeldFrames {
  /** Takes ownership. */
  void hold(ExtentFrame frame);

  /** Releases whatever is still held. */
  void close() throws InterruptedException;

  /** Keeps no frame. */
  final class None implements HeldFrames {
    @Override
    public void hold(ExtentFrame frame) {
      frame.release();
    }

    @Override
    public void close() {}
  }

  /** A bounded ring to a thread that releases; a side that has nothing to do naps. */
  final class Handover implements HeldFrames {
    private static final int SLOTS = 256;
    private static final long NAP_NANOS = 1_000;

    private final AtomicReferenceArray<ExtentFrame> ring = new AtomicReferenceArray<>(SLOTS);
    private final Thread thread =
        Thread.ofPlatform().daemon().name("release").unstarted(this::releaseAll);
    private volatile boolean closing;
    private int next;

    Handover() {
      thread.start();
    }

    @Override
    public void hold(ExtentFrame frame) {
      while (ring.getAcquire(next) != null) {
        LockSupport.parkNanos(this, NAP_NANOS);
      }
      ring.setRelease(next, frame);
      next = (next + 1) % SLOTS;
    }

    private void releaseAll() {
      int at = 0;
      boolean last = false;
      while (!last) {
        last = closing; // Read before the ring: what was put in before close() is released.
        for (ExtentFrame frame = ring.getAcquire(at); frame != null; frame = ring.getAcquire(at)) {
          ring.setRelease(at, null);
          frame.release();
          at = (at + 1) % SLOTS;
        }
        LockSupport.parkNanos(this, NAP_NANOS);
      }
    }

    @Override
    public void close() throws InterruptedException {
      closing = true;
      thread.join();
    }
  }
}
