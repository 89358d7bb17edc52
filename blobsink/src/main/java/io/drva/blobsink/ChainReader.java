package io.drva.blobsink;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Walks a chain from its first object on, reading headers and indexes only, and checks each against
 * all before it. Objects are read ahead in parallel; the visitor is called on the caller's thread.
 * One walk at a time.
 *
 * <p>A listing is not a moment: an object may have been stored after the listing passed its number,
 * and a later one listed all the same. So a number that the listing lacks is asked for by name
 * before it counts as missing.
 */
public final class ChainReader {
  private static final int READERS = 8;
  private static final int READ_AHEAD = 16;

  private static final Logger LOG = LoggerFactory.getLogger(ChainReader.class);

  private final Container container;
  private final Optional<DomainDescriptor> descriptor;
  private final ThreadFactory threads;
  private final IndexScratch scratch = new IndexScratch();
  private final ChainState state;
  private ChainVisitor visitor = ChainVisitor.NONE;
  private ChainGap gap;

  private record Ahead(ObjectInfo info, long number, Future<ObjectHead> head) {}

  private ChainReader(
      Container container, Optional<DomainDescriptor> descriptor, ThreadFactory threads) {
    this.container = container;
    this.descriptor = descriptor;
    this.threads = threads;
    UUID domainId = descriptor.map(DomainDescriptor::domainId).orElse(null);
    this.state = new ChainState(domainId);
  }

  /**
   * For a container whose descriptor is known.
   *
   * @param threads makes threads
   */
  static ChainReader of(Container container, DomainDescriptor descriptor, ThreadFactory threads) {
    return new ChainReader(container, Optional.of(descriptor), threads);
  }

  /**
   * Walks the whole chain of a container. A missing or damaged descriptor does not prevent it:
   * every object proves its place.
   *
   * @throws CorruptObjectException when an object of the chain is not as it must be
   */
  public static ChainSummary walk(Container container, ChainVisitor visitor) throws IOException {
    ChainReader reader =
        new ChainReader(
            container, intactDescriptor(container), Thread.ofPlatform().daemon().factory());
    reader.walk(visitor);
    return reader.summary();
  }

  /** The container's descriptor, or empty when it has none. */
  public static Optional<DomainDescriptor> descriptor(Container container) throws IOException {
    return container.stat(ObjectNames.DESCRIPTOR).isEmpty()
        ? Optional.empty()
        : Optional.of(DomainDescriptor.read(container));
  }

  private static Optional<DomainDescriptor> intactDescriptor(Container container)
      throws IOException {
    try {
      return descriptor(container);
    } catch (CorruptObjectException e) {
      LOG.warn("{}; going on without it", e.getMessage());
      return Optional.empty();
    }
  }

  ChainState state() {
    return state;
  }

  ChainSummary summary() {
    return new ChainSummary(descriptor, state.head(), Optional.ofNullable(gap), state.objects());
  }

  void walk(ChainVisitor to) throws IOException {
    visitor = to;
    ExecutorService readers = Executors.newFixedThreadPool(READERS, this::reader);
    Queue<Ahead> ahead = new ArrayDeque<>(READ_AHEAD);
    try {
      container.list(
          ObjectNames.CHAIN_PREFIX,
          info -> {
            long number = ObjectNames.number(info.name());
            if (number > 0) {
              if (ahead.size() == READ_AHEAD) {
                listed(ahead.remove());
              }
              ahead.add(
                  new Ahead(
                      info,
                      number,
                      readers.submit(() -> ObjectHead.read(container, number, info.sizeBytes()))));
            }
            return visitor.goesOn();
          });
      while (!ahead.isEmpty() && visitor.goesOn()) {
        listed(ahead.remove());
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private Thread reader(Runnable task) {
    Thread reader = threads.newThread(task);
    reader.setName("chain-reader");
    return reader;
  }

  private void listed(Ahead object) throws IOException {
    if (!visitor.goesOn()) {
      return;
    }
    if (object.number > state.nextNumber() && (gap == null || !gap.certain())) {
      long missing = state.nextNumber();
      follow();
      if (state.nextNumber() > missing) {
        gap = null; // It was in flight, and has arrived.
      }
    }
    if (object.number == state.nextNumber()) {
      takeHinted(() -> SegmentHeads.await(object.head));
    } else if (object.number < state.nextNumber()) {
      if (object.number != state.lastNumber()) {
        visitor.superseded(object.info);
      }
    } else {
      beyond(object);
    }
  }

  /** Goes on by asking for the next object by name, until there is none. */
  void follow() throws IOException {
    Optional<ObjectInfo> next = container.stat(ObjectNames.chain(state.nextNumber()));
    while (next.isPresent() && visitor.goesOn()) {
      long sizeBytes = next.get().sizeBytes();
      takeHinted(() -> ObjectHead.read(container, state.nextNumber(), sizeBytes));
      next = container.stat(ObjectNames.chain(state.nextNumber()));
    }
  }

  private interface HeadSupplier {
    ObjectHead get() throws IOException;
  }

  private void takeHinted(HeadSupplier head) throws IOException {
    long intactLsn = state.lastLsn();
    try {
      take(head.get());
    } catch (CorruptObjectException e) {
      throw e.withIntactLsn(intactLsn);
    }
  }

  private void take(ObjectHead head) throws IOException {
    if (head.isSegment()) {
      SegmentIndex index = head.index(scratch.of(head.header().indexRawBytes()));
      state.segment(head.ref(), index, head.digest());
      visitor.segment(index);
    } else {
      state.fence(head.ref(), head.header(), head.digest());
      visitor.fence(head.header());
    }
  }

  /**
   * An object beyond one that is missing. The missing one was certainly stored once when the later
   * one
   *
   * <ol>
   *   <li>says so (its owner knew it to be stored);
   *   <li>is further away than an owner may write beyond what it knows to be stored;
   *   <li>is of a later term: that term's fence follows the missing object in the chain, or is the
   *       missing object.
   * </ol>
   */
  private void beyond(Ahead object) throws IOException {
    long missing = state.nextNumber();
    boolean certain = object.number >= missing + Format.WINDOW;
    if (!certain && (gap == null || !gap.certain())) {
      try {
        ObjectHeader header = SegmentHeads.await(object.head).header();
        certain = header.storedThrough() >= missing || header.epoch() > state.epoch();
      } catch (CorruptObjectException e) {
        certain = false; // A damaged object proves nothing. It is the verifier's to report.
      }
    }
    if (gap == null || (certain && !gap.certain())) {
      gap = new ChainGap(ObjectNames.chain(missing), object.info.name(), certain, state.lastLsn());
    }
  }
}
