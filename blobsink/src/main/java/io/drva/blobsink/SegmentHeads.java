package io.drva.blobsink;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads the indexes of given segments once more, in the order given, a few ahead in parallel. Owned
 * by one thread.
 */
public final class SegmentHeads implements Closeable {
  private static final int READERS = 4;
  private static final int READ_AHEAD = 8;

  private final Container container;
  private final Iterator<ObjectHeader> segments;
  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("head-reader-", 0).factory());
  private final Queue<Future<ObjectHead>> ahead = new ArrayDeque<>();
  private final Queue<ObjectHeader> expected = new ArrayDeque<>();
  private final IndexScratch scratch = new IndexScratch();

  /**
   * Begins to read.
   *
   * @param segments headers that a walk along the chain gave
   */
  public SegmentHeads(Container container, List<ObjectHeader> segments) {
    this.container = container;
    this.segments = segments.iterator();
  }

  /**
   * The next segment's index.
   *
   * @return valid until the next call; null when there are no more
   * @throws CorruptObjectException when the object is not the one that the walk saw
   */
  public SegmentIndex next() throws IOException {
    while (ahead.size() < READ_AHEAD && segments.hasNext()) {
      ObjectHeader header = segments.next();
      expected.add(header);
      ahead.add(
          readers.submit(() -> ObjectHead.read(container, header.number(), header.objectBytes())));
    }
    if (ahead.isEmpty()) {
      return null;
    }
    ObjectHeader header = expected.remove();
    try {
      ObjectHead head = await(ahead.remove());
      if (!head.header().equals(header)) {
        throw head.ref().corrupt(0, "the object changed while it was used; objects never change");
      }
      return head.index(scratch.of(header.indexRawBytes()));
    } catch (CorruptObjectException e) {
      throw e.withIntactLsn(header.firstLsn() - 1);
    }
  }

  static ObjectHead await(Future<ObjectHead> head) throws IOException {
    try {
      return head.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while reading the chain");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case RuntimeException bug -> throw bug;
        default -> throw new IllegalStateException("reading a chain object failed", e.getCause());
      }
    }
  }

  @Override
  public void close() {
    readers.shutdownNow();
  }
}
