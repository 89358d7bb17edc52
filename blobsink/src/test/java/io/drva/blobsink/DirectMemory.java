package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertSame;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** The direct memory that the process really has. */
final class DirectMemory {
  private static final long PATIENCE_MS = TimeUnit.SECONDS.toMillis(60);

  private static final BufferPoolMXBean POOL =
      ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .filter(pool -> pool.getName().equals("direct"))
          .findFirst()
          .orElseThrow();

  private DirectMemory() {}

  /** Bytes reserved, when what nobody can reach has been freed. */
  static long bytes() throws InterruptedException {
    // Of one collection's references the last is handled before the first of the next.
    collect();
    collect();
    return POOL.getMemoryUsed();
  }

  private static void collect() throws InterruptedException {
    ReferenceQueue<Object> collected = new ReferenceQueue<>();
    Reference<Object> reference = new PhantomReference<>(new Object(), collected);
    System.gc();
    assertSame(reference, collected.remove(PATIENCE_MS));
  }

  /** Bytes that something keeps reserved. */
  static long bytesOf(Callable<?> something) throws Exception {
    long before = bytes();
    Object kept = something.call();
    try {
      return bytes() - before;
    } finally {
      Reference.reachabilityFence(kept);
    }
  }
}
