package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores sealed segments, each until it is stored or shown to be someone else's. Run by several
 * threads.
 */
final class Uploader implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Uploader.class);
  private static final int COMPARE_BYTES = 1 << 20;
  private static final int BACKOFF_DOUBLINGS_MAX = 20;

  /** What a stop of the shipper looks like from here. */
  interface Owner {
    /** Ends shipping for good; the first cause counts. */
    void fail(Exception cause);
  }

  private final Container container;
  private final ShipperConfig config;
  private final UploadWindow window;
  private final ShipperListener listener;
  private final Owner owner;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicLong objects = new AtomicLong();
  private final AtomicLong storedBytes = new AtomicLong();
  private final AtomicLong rawBytes = new AtomicLong();
  private volatile StoreTrouble trouble;

  Uploader(
      Container container,
      ShipperConfig config,
      UploadWindow window,
      ShipperListener listener,
      Owner owner) {
    this.container = container;
    this.config = config;
    this.window = window;
    this.listener = listener;
    this.owner = owner;
  }

  int inFlight() {
    return inFlight.get();
  }

  long objects() {
    return objects.get();
  }

  long storedBytes() {
    return storedBytes.get();
  }

  long rawBytes() {
    return rawBytes.get();
  }

  Optional<StoreTrouble> trouble() {
    return Optional.ofNullable(trouble);
  }

  @Override
  public void run() {
    try {
      while (uploadNext()) {
        // Until stopped.
      }
    } catch (InterruptedException e) {
      Thread.currentThread()
          .interrupt(); // Stopped: the segment's number stays free for whoever takes over.
    } catch (IOException | RuntimeException e) {
      owner.fail(e);
    }
  }

  /**
   * @return whether there may be more; false when stopped
   */
  private boolean uploadNext() throws IOException, InterruptedException {
    SealedSegment segment = window.take();
    if (segment == null) {
      return false;
    }
    boolean stored = false;
    inFlight.incrementAndGet();
    try {
      stored = upload(segment);
      return stored;
    } finally {
      inFlight.decrementAndGet();
      // A put that was broken off may have left a library behind that is still sending from this
      // buffer: it must not come to hold another segment, perhaps of another domain.
      if (stored) {
        segment.close();
      } else {
        segment.discard();
      }
    }
  }

  /**
   * @return false when stopped
   */
  private boolean upload(SealedSegment segment) throws IOException, InterruptedException {
    for (int failures = 0; ; failures++) {
      long start = config.nanoClock().getAsLong();
      try {
        if (container.put(segment.objectName(), segment.content()) == PutResult.EXISTS) {
          requireMine(segment);
        }
        stored(segment, config.nanoClock().getAsLong() - start);
        return true;
      } catch (StoreException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException("stopped during an upload");
        }
        report(e, config.microClock().getAsLong());
      }
      if (!window.pause(backoffMs(failures))) {
        return false;
      }
    }
  }

  private void stored(SealedSegment segment, long putNanos) {
    trouble = null;
    ObjectHeader header = segment.header();
    objects.incrementAndGet();
    storedBytes.addAndGet(header.objectBytes());
    rawBytes.addAndGet(header.rawBytes());
    listener.stored(header.number(), header.objectBytes(), putNanos);
    window.stored(header.number());
  }

  private synchronized void report(StoreException e, long nowMicros) {
    StoreTrouble before = trouble;
    if (before == null) {
      LOG.warn("{}; tried again until it succeeds", e.getMessage());
    }
    trouble =
        before == null
            ? new StoreTrouble(e.getMessage(), nowMicros, 1)
            : new StoreTrouble(e.getMessage(), before.sinceMicros(), before.attempts() + 1);
  }

  /** Doubles from the least pause to the longest; the jitter takes up to half of it away. */
  private long backoffMs(int failures) {
    long full =
        Math.min(
            config.backoffMsMax(),
            (long) config.backoffMsMin() << Math.min(failures, BACKOFF_DOUBLINGS_MAX));
    return full - config.random().nextLong(full / 2 + 1);
  }

  /**
   * Decides whose the object is that has this segment's number. Its own bytes, all of them, mean
   * that the answer of an earlier attempt was lost. A header that is sound and another means
   * another owner. Anything else is a damaged object.
   */
  private void requireMine(SealedSegment segment) throws IOException {
    String name = segment.objectName();
    if (sameContent(segment)) {
      return;
    }
    ByteBuffer start = ByteBuffer.allocate(Format.HEADER_BYTES);
    container.readFully(name, 0, start);
    ObjectRef ref = new ObjectRef(container.location(), name);
    ObjectHeader theirs = ObjectHeader.parse(ref, start.flip(), segment.header().number());
    if (theirs.equals(segment.header())) {
      throw ref.corrupt(-1, "the store holds this segment, but not with the bytes that were sent");
    }
    throw new FencedException(container, segment.header(), theirs);
  }

  private boolean sameContent(SealedSegment segment) throws IOException {
    String name = segment.objectName();
    Optional<ObjectInfo> info = container.stat(name);
    if (info.isEmpty() || info.get().sizeBytes() != segment.content().lengthBytes()) {
      return false;
    }
    ByteBuffer piece = ByteBuffer.allocate(COMPARE_BYTES);
    long offset = 0;
    for (ByteBuffer part : segment.content().buffers()) {
      while (part.hasRemaining()) {
        int count = Math.min(part.remaining(), COMPARE_BYTES);
        container.readFully(name, offset, piece.clear().limit(count));
        if (piece.flip().mismatch(part.slice(part.position(), count)) != -1) {
          return false;
        }
        part.position(part.position() + count);
        offset += count;
      }
    }
    return true;
  }
}
