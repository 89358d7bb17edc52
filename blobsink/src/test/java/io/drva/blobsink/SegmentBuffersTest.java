package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The bound of invariant 7 and the fairness of invariant 8, as {@link SegmentBuffers} says them.
 */
final class SegmentBuffersTest {
  private static final int SEGMENT_BYTES = 4096;
  private static final long PATIENCE_SECONDS = 60;

  /** What a domain should be able to do, told from what it holds. */
  private static final class Model {
    final SegmentBuffers.Share share;
    final int sparesMax;
    final List<SegmentBuffers.Buffer> held = new ArrayList<>();
    boolean left;

    Model(SegmentBuffers.Share share, int sparesMax) {
      this.share = share;
      this.sparesMax = sparesMax;
    }

    int lent() {
      return Math.max(0, held.size() - SegmentBuffers.GUARANTEED);
    }
  }

  @Test
  void keepsItsPromisesWhateverTheDomainsDo() throws Exception {
    long seed = Seeds.next("keepsItsPromisesWhateverTheDomainsDo");
    for (int round = 0; round < 20; round++) {
      new Run(new SplittableRandom(seed + round)).run(2000);
    }
  }

  private static final class Run {
    private final SplittableRandom random;
    private final int domainsMax;
    private final int spares;
    private final SegmentBuffers pool;
    private final List<Model> domains = new ArrayList<>();
    private final Set<SegmentBuffers.Buffer> reserved =
        Collections.newSetFromMap(new IdentityHashMap<>());
    private int names;

    Run(SplittableRandom random) {
      this.random = random;
      this.domainsMax = 1 + random.nextInt(4);
      this.spares = random.nextInt(6);
      this.pool = new SegmentBuffers(domainsMax, spares, SEGMENT_BYTES);
    }

    void run(int steps) throws Exception {
      for (int i = 0; i < steps; i++) {
        int dice = random.nextInt(100);
        if (dice < 5 || domains.isEmpty()) {
          join();
        } else {
          Model domain = domains.get(random.nextInt(domains.size()));
          if (dice < 10) {
            leave(domain);
          } else if (dice < 60) {
            take(domain);
          } else if (!domain.held.isEmpty()) {
            giveBack(domain);
          }
        }
        check();
      }
    }

    private void join() throws Exception {
      String name = "domain-" + names++;
      int sparesMax = random.nextInt(8);
      if (domains.size() < domainsMax) {
        domains.add(new Model(pool.join(name, sparesMax), sparesMax));
      } else {
        String refusal =
            assertThrows(TooManyDomainsException.class, () -> pool.join(name, sparesMax))
                .getMessage();
        assertTrue(refusal.contains(name) && refusal.contains(" " + domainsMax + " "), refusal);
      }
    }

    private void leave(Model domain) {
      domain.share.close();
      domain.left = true;
      forgetIfGone(domain);
    }

    private void forgetIfGone(Model domain) {
      if (domain.left && domain.held.isEmpty()) {
        domains.remove(domain);
      }
    }

    private void take(Model domain) throws InterruptedException {
      if (domain.left) {
        assertThrows(IllegalStateException.class, domain.share::take);
      } else if (!domain.share.waits()) {
        SegmentBuffers.Buffer buffer = domain.share.take();
        assertTrue(domains.stream().noneMatch(d -> d.held.contains(buffer)), "given out twice");
        domain.held.add(buffer);
        reserved.add(buffer);
      }
    }

    private void giveBack(Model domain) {
      SegmentBuffers.Buffer buffer = domain.held.remove(random.nextInt(domain.held.size()));
      if (random.nextInt(20) == 0) {
        buffer.discard();
        reserved.remove(buffer);
      } else {
        buffer.close();
      }
      assertThrows(IllegalStateException.class, buffer::close);
      forgetIfGone(domain);
    }

    private void check() {
      assertTrue(reserved.size() <= SegmentBuffers.GUARANTEED * domainsMax + spares);
      assertEquals(domains.stream().mapToInt(d -> d.held.size()).sum(), pool.inUse());
      int lent = domains.stream().mapToInt(Model::lent).sum();
      for (Model domain : domains) {
        boolean waits =
            domain.held.size() >= SegmentBuffers.GUARANTEED
                && (domain.lent() == domain.sparesMax || lent == spares);
        assertEquals(waits, domain.share.waits());
      }
    }
  }

  /** Each domain gives back on another thread than it takes on, as the shipper does. */
  @Test
  void whoWaitsGoesOnWhenABufferComesHome() throws Exception {
    SegmentBuffers pool = new SegmentBuffers(3, 2, SEGMENT_BYTES);
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      SegmentBuffers.Share share = pool.join("domain-" + i, i);
      BlockingQueue<SegmentBuffers.Buffer> taken = new ArrayBlockingQueue<>(8);
      int rounds = 5000;
      tasks.add(
          () -> {
            for (int n = 0; n < rounds; n++) {
              taken.put(share.take());
            }
            return null;
          });
      tasks.add(
          () -> {
            for (int n = 0; n < rounds; n++) {
              taken.take().close();
            }
            return null;
          });
    }
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      for (Future<Void> done : threads.invokeAll(tasks, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        done.get();
      }
    }
    assertEquals(0, pool.inUse());
  }

  @Test
  void leavingEndsTheWait() throws Exception {
    SegmentBuffers.Share share = new SegmentBuffers(1, 0, SEGMENT_BYTES).join("alone", 0);
    share.take();
    share.take();
    assertTrue(share.waits());
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      Future<?> waiting = threads.submit(share::take);
      share.close();
      assertTrue(
          assertThrows(Exception.class, () -> waiting.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
              .getMessage()
              .contains("alone has given its share back"));
    }
  }

  /** The sizes that the appliance counts with are those that are really reserved. */
  @Test
  void reservesWhatItSays() throws Exception {
    for (int segmentBytes : new int[] {SEGMENT_BYTES, 1 << 20, 8 << 20}) {
      long expected = 5L * SegmentBuffers.bufferBytes(segmentBytes);
      assertEquals(expected, DirectMemory.bytesOf(() -> usedByTwo(segmentBytes)));
    }
  }

  /** A pool all of whose buffers were used. */
  private static SegmentBuffers usedByTwo(int segmentBytes) throws Exception {
    SegmentBuffers pool = new SegmentBuffers(2, 1, segmentBytes);
    List<SegmentBuffers.Buffer> taken = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      SegmentBuffers.Share share = pool.join("domain-" + i, 1);
      while (!share.waits()) {
        taken.add(share.take());
      }
    }
    assertEquals(5, pool.inUse());
    taken.forEach(SegmentBuffers.Buffer::close);
    return pool;
  }

  @Test
  void aDiscardedBufferIsLetGoOf() throws Exception {
    SegmentBuffers.Share share = TestChains.share(SEGMENT_BYTES, 0);
    long bytes =
        DirectMemory.bytesOf(
            () -> {
              share.take().discard();
              return share;
            });
    assertEquals(0, bytes);
  }

  @Test
  void aBuilderReservesWhatItSays() throws Exception {
    SegmentBuffers.Buffer buffer = TestChains.share(8 << 20, 0).take();
    for (int recordsMax : new int[] {1000, 16_384}) {
      assertEquals(
          Shipper.directBytes(recordsMax),
          DirectMemory.bytesOf(() -> usedBuilder(recordsMax, buffer)));
    }
  }

  /** A builder that had more disks than there can be chunks open. */
  private static SegmentBuilder usedBuilder(int recordsMax, SegmentBuffers.Buffer buffer)
      throws Exception {
    SegmentBuilder builder = Builders.builder(8 << 20, recordsMax);
    builder.begin(buffer, 1);
    for (TestRecord record : new TestWorkload(1, 40, 4000, 4096).run(500).records()) {
      Builders.add(builder, record);
    }
    return builder;
  }

  @Test
  void fillsAnAmountOfDirectMemoryWithDomains() {
    long bytes = 240L << 20;
    SegmentBuffers pool = SegmentBuffers.within(bytes, 0, 4, 8 << 20, 16_384);
    assertEquals(9, pool.domainsMax());
    assertEquals(5, pool.spares());
    assertTrue(bytesOf(pool, 8 << 20, 16_384) <= bytes);
    // One domain is worth more than the spares.
    SegmentBuffers large = SegmentBuffers.within(bytes, 0, 16, 32 << 20, 16_384);
    assertEquals(1, large.domainsMax());
    assertEquals(5, large.spares());
    assertTrue(bytesOf(large, 32 << 20, 16_384) <= bytes);
    IllegalArgumentException none =
        assertThrows(
            IllegalArgumentException.class,
            () -> SegmentBuffers.within(64 << 20, 0, 4, 32 << 20, 16_384));
    assertTrue(none.getMessage().contains("make the segments smaller"), none.getMessage());
  }

  private static long bytesOf(SegmentBuffers pool, int segmentBytes, int recordsMax) {
    long buffers = (long) SegmentBuffers.GUARANTEED * pool.domainsMax() + pool.spares();
    return buffers * SegmentBuffers.bufferBytes(segmentBytes)
        + (long) pool.domainsMax() * Shipper.directBytes(recordsMax);
  }
}
