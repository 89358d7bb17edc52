package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadFactory;
import java.util.function.LongSupplier;

/**
 * Makes a DRVA the owner of a domain's chain.
 *
 * <p>Why two owners never both extend a chain (invariant 5):
 *
 * <ol>
 *   <li>Objects are created only if absent and never changed, so the store decides which of two
 *       creators gets a number.
 *   <li>The old owner writes the numbers k' to k' + W − 1 only, where k' is the first that it does
 *       not know to be stored.
 *   <li>The new owner follows the chain to the first number k that is missing. Nobody knows a
 *       missing object to be stored, so k' ≤ k.
 *   <li>It creates its fence at k. If the store says "exists", and the object is not this fence
 *       (which a random number in it tells from that of another new owner), the chain has grown:
 *       back to step 3.
 *   <li>With the fence at k the old owner can never store its own object there. It reports only
 *       contiguous prefixes, so it never reports anything at or beyond k again: nothing that it
 *       said is lost.
 *   <li>The fence says that the chain goes on at k + W + 1, and the old owner's last number is at
 *       most k + W − 1 (step 2; k' ≤ k by step 3, and cannot pass k by step 5): its uploads in
 *       flight never meet the new owner's.
 * </ol>
 *
 * No clock takes part.
 */
public final class ChainOwner {
  /**
   * How often the chain may grow under a new owner's hands before it gives up: the old owner is
   * alive and fast.
   */
  private static final int FENCE_ATTEMPTS_MAX = 1000;

  private final Container container;
  private final LongSupplier microClock;
  private final LongSupplier nonces;
  private final UUID domainId;
  private final ChainReader reader;

  private ChainOwner(
      Container container,
      LongSupplier microClock,
      LongSupplier nonces,
      UUID domainId,
      ChainReader reader) {
    this.container = container;
    this.microClock = microClock;
    this.nonces = nonces;
    this.domainId = domainId;
    this.reader = reader;
  }

  /** {@link #inspect} and {@link #take()} in one. */
  public static ChainHead take(Container container, String domainName, LongSupplier microClock)
      throws IOException {
    return inspect(container, domainName, microClock, Thread.ofPlatform().daemon().factory())
        .take();
  }

  /**
   * Looks at the chain as it is, which disturbs no owner. The container is created, and given its
   * descriptor, when it is absent.
   *
   * @param domainName the domain's name, which is the container's
   * @param microClock the time, microseconds since 1970
   * @param threads makes threads: objects are read in parallel
   * @throws ChainGapException when an object that was stored is missing: going on would hide the
   *     loss
   * @throws CorruptObjectException when an object of the chain is damaged
   */
  public static ChainOwner inspect(
      Container container, String domainName, LongSupplier microClock, ThreadFactory threads)
      throws IOException {
    return inspect(
        container,
        domainName,
        microClock,
        threads,
        () -> UUID.randomUUID().getLeastSignificantBits());
  }

  /**
   * @param nonces tell the fences of two owners apart
   */
  static ChainOwner inspect(
      Container container,
      String domainName,
      LongSupplier microClock,
      ThreadFactory threads,
      LongSupplier nonces)
      throws IOException {
    container.createIfAbsent();
    DomainDescriptor descriptor = descriptor(container, domainName, microClock);
    ChainReader reader = ChainReader.of(container, descriptor, threads);
    reader.walk(ChainVisitor.NONE);
    Optional<ChainGap> gap = reader.summary().gap();
    if (gap.isPresent() && gap.get().certain()) {
      throw new ChainGapException(container, gap.get());
    }
    return new ChainOwner(container, microClock, nonces, descriptor.domainId(), reader);
  }

  /** What the descriptor calls the domain: another container has another. */
  public UUID domainId() {
    return domainId;
  }

  /** The term of the chain's last segment, 0 when there is none. */
  public long lastSegmentEpoch() {
    return reader.state().lastSegmentEpoch();
  }

  /** The last LSN that the chain holds, as far as it was read. */
  public long lastLsn() {
    return reader.state().lastLsn();
  }

  /**
   * Takes the chain over, or begins it. To be called once.
   *
   * @return the chain's end, which is this owner's fence; an owner that was still at work may have
   *     extended the chain since {@link #inspect}
   */
  public ChainHead take() throws IOException {
    ChainState state = reader.state();
    for (int attempt = 0; attempt < FENCE_ATTEMPTS_MAX; attempt++) {
      ObjectHeader fence = fence(state, domainId, microClock.getAsLong(), nonces.getAsLong());
      ByteBuffer object = encode(fence);
      Digest digest = Digest.of(object.slice(0, Format.HEADER_BYTES));
      ObjectRef ref = new ObjectRef(container.location(), ObjectNames.chain(fence.number()));
      PutResult result = container.put(ref.object(), ObjectContent.of(object));
      if (result == PutResult.CREATED
          || container.readAll(ref.object(), Format.OBJECT_BYTES_MAX).equals(object)) {
        state.fence(ref, fence, digest);
        return state.head();
      }
      reader.follow();
    }
    throw StoreException.of(
        StoreException.Reason.REFUSED,
        "take over",
        container,
        ObjectNames.chain(state.nextNumber()),
        -1,
        "another owner keeps extending the chain; stop it first",
        null);
  }

  private static DomainDescriptor descriptor(
      Container container, String domainName, LongSupplier microClock) throws IOException {
    Optional<DomainDescriptor> present = ChainReader.descriptor(container);
    if (present.isEmpty()) {
      container.list(
          ObjectNames.CHAIN_PREFIX,
          info -> {
            throw new CorruptObjectException(
                container.location(),
                ObjectNames.DESCRIPTOR,
                -1,
                "the descriptor is missing although "
                    + info.name()
                    + " exists; recovery is possible without it, protection is not: use a new container");
          });
      DomainDescriptor made =
          new DomainDescriptor(UUID.randomUUID(), microClock.getAsLong(), domainName);
      container.put(ObjectNames.DESCRIPTOR, ObjectContent.of(made.encode()));
      // Read back in either case: another owner may have been first.
      present = Optional.of(DomainDescriptor.read(container));
    }
    if (!present.get().name().equals(domainName)) {
      throw new CorruptObjectException(
          container.location(),
          ObjectNames.DESCRIPTOR,
          -1,
          "the container is that of the domain '"
              + present.get().name()
              + "', not of '"
              + domainName
              + "'");
    }
    return present.get();
  }

  static ObjectHeader fence(ChainState state, UUID domainId, long createdMicros, long nonce) {
    return new ObjectHeader(
        ObjectHeader.Kind.FENCE,
        state.nextNumber(),
        state.epoch() + 1,
        state.lastLsn() + 1,
        state.lastLsn(),
        0,
        0,
        state.lastNumber(),
        state.nextNumber() + Format.WINDOW + 1,
        domainId,
        state.lastDigest(),
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        createdMicros,
        0,
        nonce);
  }

  /** A fence as it is stored: header and footer. */
  static ByteBuffer encode(ObjectHeader fence) {
    ByteBuffer out = ByteBuffer.allocate(Format.HEADER_BYTES + Format.FOOTER_BYTES);
    fence.encode(out, 0);
    ObjectFooter.encode(
        out, Format.HEADER_BYTES, fence, Digest.of(out.slice(0, Format.HEADER_BYTES)));
    return out;
  }
}
