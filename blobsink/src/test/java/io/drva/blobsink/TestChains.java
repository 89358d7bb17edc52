package io.drva.blobsink;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** Makes chains for tests. */
public final class TestChains {
  /** A clock that stands still. */
  public static final LongSupplier CLOCK = () -> 1_750_000_000_000_000L;

  private TestChains() {}

  /** Small segments, short pauses. */
  public static ShipperConfig config(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    RandomGenerator shared =
        new RandomGenerator() {
          @Override
          public synchronized long nextLong() {
            return random.nextLong();
          }
        };
    return ShipperConfig.defaults(System::nanoTime, CLOCK, shared)
        .withSegment(64 << 10, 64, 20)
        .withBackoff(1, 5);
  }

  /** The only share of a pool of its own. */
  public static SegmentBuffers.Share share(int segmentBytes, int spares) throws IOException {
    return new SegmentBuffers(1, spares, segmentBytes).join("alone", spares);
  }

  /** A shipper with a pool of its own. */
  public static Shipper shipper(
      Container container,
      ChainHead head,
      RecordSource source,
      ShipperListener listener,
      ShipperConfig config)
      throws IOException {
    SegmentBuffers.Share share = share(config.segmentBytes(), config.uploadsInFlight());
    return new Shipper(container, head, source, listener, config, share);
  }

  /** Takes a container over, and ships a log to its end. */
  public static ChainHead ship(Container container, List<TestRecord> records, ShipperConfig config)
      throws IOException, InterruptedException {
    ChainHead head = ChainOwner.take(container, container.name(), CLOCK);
    TestLog log = new TestLog();
    log.append(records);
    TestListener listener = new TestListener();
    try (Shipper shipper = shipper(container, head, log.source(0), listener, config)) {
      shipper.start();
      listener.awaitReplicated(records.getLast().lsn());
    }
    return ChainReader.walk(container, ChainVisitor.NONE).head();
  }
}
