package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A container that fails the way stores fail: requests that never arrive, answers that are lost, a
 * conflict with one's own object, reads that break off. Seeded; safe for use by several threads.
 */
public final class FaultyContainer implements Container {
  private static final long PATIENCE_SECONDS = 60;

  private final Container inner;
  private final Set<String> stored = new HashSet<>();
  private final SplittableRandom random;
  private final int failuresPercent;
  private final Set<String> held = ConcurrentHashMap.newKeySet();
  private final CountDownLatch released = new CountDownLatch(1);
  private final AtomicLong failures = new AtomicLong();
  private volatile CountDownLatch failuresSeen = new CountDownLatch(0);
  private volatile boolean down;

  /**
   * Wraps a container.
   *
   * @param failuresPercent how many operations of a hundred go wrong
   */
  public FaultyContainer(Container inner, long seed, int failuresPercent) {
    this.inner = inner;
    this.random = new SplittableRandom(seed);
    this.failuresPercent = failuresPercent;
  }

  /** From now on every request fails, or none beyond the usual. */
  public void down(boolean isDown) {
    down = isDown;
  }

  /** A latch that opens after so many more failures. */
  public CountDownLatch failuresSeen(int count) {
    failuresSeen = new CountDownLatch(count);
    return failuresSeen;
  }

  public long failures() {
    return failures.get();
  }

  /** Requests to create this object wait until {@link #release}. */
  public void hold(String object) {
    held.add(object);
  }

  public void release() {
    released.countDown();
  }

  /** Returns when an object was stored through this container. */
  public synchronized void awaitStored(String object) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!stored.contains(object)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(object + " was not stored");
      }
      wait(TimeUnit.SECONDS.toMillis(1));
    }
  }

  private PutResult putInner(String object, ObjectContent content) throws StoreException {
    PutResult result = inner.put(object, content);
    synchronized (this) {
      stored.add(object);
      notifyAll();
    }
    return result;
  }

  private synchronized int dice(int sides) {
    return random.nextInt(sides);
  }

  private boolean fails() {
    return down || dice(100) < failuresPercent;
  }

  private StoreException failure(String operation, String object) {
    failures.incrementAndGet();
    failuresSeen.countDown();
    return StoreException.of(
        StoreException.Reason.UNAVAILABLE, operation, this, object, -1, "injected failure", null);
  }

  @Override
  public PutResult put(String object, ObjectContent content) throws StoreException {
    if (held.contains(object)) {
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw failure("put", object);
      }
    }
    if (!fails()) {
      return putInner(object, content);
    }
    int kind = down ? 0 : dice(3);
    if (kind == 0) {
      throw failure("put", object); // The request never arrived.
    }
    PutResult result = putInner(object, content);
    if (kind == 1) {
      throw failure("put", object); // It was applied, but the answer was lost.
    }
    return result == PutResult.CREATED
        ? PutResult.EXISTS
        : result; // The client library asked twice.
  }

  @Override
  public int read(String object, long offset, ByteBuffer into) throws StoreException {
    if (fails()) {
      if (into.hasRemaining() && !down) {
        into.put((byte) dice(256)); // The connection broke after some bytes.
      }
      throw failure("read", object);
    }
    return inner.read(object, offset, into);
  }

  @Override
  public Optional<ObjectInfo> stat(String object) throws StoreException {
    if (fails()) {
      throw failure("stat", object);
    }
    return inner.stat(object);
  }

  @Override
  public void list(String prefix, ObjectVisitor visitor) throws IOException {
    if (fails()) {
      throw failure("list", null);
    }
    inner.list(prefix, visitor);
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public String location() {
    return inner.location();
  }

  @Override
  public void createIfAbsent() throws StoreException {
    inner.createIfAbsent();
  }
}
