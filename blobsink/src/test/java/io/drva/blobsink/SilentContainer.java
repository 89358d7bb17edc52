package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A container that answers until its first owner has begun, and never again: until the caller is
 * interrupted, or not even then. Like a library that is still sending, it keeps the content that it
 * was given.
 */
final class SilentContainer extends ForwardingContainer {
  private static final long PATIENCE_SECONDS = 60;

  private final boolean interruptible;
  private final Semaphore asked = new Semaphore(0);
  private final CountDownLatch released = new CountDownLatch(1);
  private final List<ObjectContent> kept = new ArrayList<>();
  private final List<ByteBuffer> copies = new ArrayList<>();

  SilentContainer(Container inner, boolean interruptible) {
    super(inner);
    this.interruptible = interruptible;
  }

  @Override
  public PutResult put(String object, ObjectContent content) throws StoreException {
    if (object.equals(ObjectNames.DESCRIPTOR) || object.equals(ObjectNames.chain(1))) {
      return super.put(object, content);
    }
    synchronized (kept) {
      kept.add(content);
      copies.add(copy(content));
    }
    asked.release();
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!interruptible) {
        awaitReleaseWhateverHappens();
      }
    }
    throw StoreException.of(
        StoreException.Reason.UNAVAILABLE, "put", this, object, -1, "no answer", null);
  }

  private void awaitReleaseWhateverHappens() {
    while (released.getCount() > 0) {
      Thread.onSpinWait();
    }
  }

  /** Returns when so many more uploads have begun. */
  void awaitPuts(int count) throws InterruptedException {
    if (!asked.tryAcquire(count, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError(count + " uploads did not begin");
    }
  }

  void release() {
    released.countDown();
  }

  /** Whether what it was given to upload is still what it was. */
  boolean contentIsUnchanged() {
    synchronized (kept) {
      return kept.stream().map(SilentContainer::copy).toList().equals(copies);
    }
  }

  private static ByteBuffer copy(ObjectContent content) {
    ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(content.lengthBytes()));
    content.buffers().forEach(copy::put);
    return copy.flip();
  }
}
