package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test, when everything is closed, no buffer may be in use. Exact, unlike leak
 * detection, which only sees what the garbage collector happens to find. Event loops that are still
 * on their way out get {@link #PATIENCE_NANOS}.
 */
final class LeakCheck implements AfterEachCallback {
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  @Override
  public void afterEach(ExtensionContext context) {
    PooledByteBufAllocator allocator = (PooledByteBufAllocator) Transport.ALLOCATOR;
    long start = System.nanoTime();
    while (allocator.pinnedDirectMemory() > 0 && System.nanoTime() - start < PATIENCE_NANOS) {
      Thread.onSpinWait();
    }
    long pinned = allocator.pinnedDirectMemory();
    assertTrue(pinned == 0, pinned + " bytes of buffers are still in use");
  }
}
