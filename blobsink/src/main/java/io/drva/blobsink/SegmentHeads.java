package io.drva.blobsink;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads the indexes of given segments once more, from the last to the first, a few ahead in
 * parallel. Owned by one thread.
 */
public final class SegmentHeads implements Closeable {
  private static final int READERS = 4;
  private static final int READ_AHEAD = 8;

  private final Container container;
  private final SegmentRefs segments;

  /** Those from here on are read or being read. */
  private int begun;

  private final ExecutorService readers =
      Executors.newFixedThreadPool(
          READERS, Thread.ofPlatform().daemon().name("head-reader-", 0).factory());
  private final Queue<Future<ObjectHead>> ahead = new ArrayDeque<>();
  private final IndexScratch scratch = new IndexScratch();

  /**
   * Begins to read.
   *
   * @param segments that a walk along the chain gave
   */
  public SegmentHeads(Container container, SegmentRefs segments) {
    this.container = container;
    this.segments = segments;
    this.begun = segments.size();
  }

  /**
   * The next segment's index.
   *
   * @return valid until the next call; null when there are no more
   * @throws CorruptObjectException when the object is not the one that the walk saw
   */
  public SegmentIndex next() throws IOException {
    while (ahead.size() < READ_AHEAD && begun > 0) {
      begun--;
      long number = segments.number(begun);
      long objectBytes = segments.objectBytes(begun);
      ahead.add(readers.submit(() -> ObjectHead.read(container, number, objectBytes)));
    }
    if (ahead.isEmpty()) {
      return null;
    }
    int index = begun + ahead.size() - 1;
    try {
      ObjectHead head = await(ahead.remove());
      if (!segments.isOf(index, head.header())) {
        throw head.ref().corrupt(0, "the object changed while it was used; objects never change");
      }
      return head.index(scratch.of(head.header().indexRawBytes()));
    } catch (CorruptObjectException e) {
      throw e.withIntactLsn(segments.firstLsn(index) - 1);
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
