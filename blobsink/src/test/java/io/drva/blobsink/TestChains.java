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

  /** Takes a container over, and ships a log to its end. */
  public static ChainHead ship(Container container, List<TestRecord> records, ShipperConfig config)
      throws IOException, InterruptedException {
    ChainHead head = ChainOwner.take(container, container.name(), CLOCK);
    TestLog log = new TestLog();
    log.append(records);
    TestListener listener = new TestListener();
    try (Shipper shipper = new Shipper(container, head, log.source(0), listener, config)) {
      shipper.start();
      listener.awaitReplicated(records.getLast().lsn());
    }
    return ChainReader.walk(container, ChainVisitor.NONE).head();
  }
}
