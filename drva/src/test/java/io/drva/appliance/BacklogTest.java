package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private record Group(long lastLsn, long timeMicros) {}

  @Test
  void theOldestTimeIsExactUntilItIsFullAndThenNeverTooYoung() {
    long seed = Long.getLong("drva.seed", new SplittableRandom().nextLong());
    System.out.println("BacklogTest: -Ddrva.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Backlog backlog = new Backlog();
    Deque<Group> model = new ArrayDeque<>();
    boolean exact = true;
    long lsn = 0;
    long time = 1;
    for (int step = 0; step < 100_000; step++) {
      // Mostly backwards and forwards around empty, now and then far beyond what it holds.
      int appends = random.nextInt(100) == 0 ? random.nextInt(6000) : random.nextInt(3);
      for (int i = 0; i < appends; i++) {
        lsn += 1 + random.nextInt(5);
        time += random.nextInt(3);
        backlog.appended(lsn, time);
        model.add(new Group(lsn, time));
      }
      exact &= model.size() <= 4096;
      if (!model.isEmpty()) {
        long replicated =
            random.nextInt(4) == 0 ? lsn : model.peek().lastLsn() - 1 + random.nextInt(20);
        backlog.replicated(replicated);
        while (!model.isEmpty() && model.peek().lastLsn() <= replicated) {
          model.remove();
        }
      }
      exact |= model.isEmpty();
      long expected = model.isEmpty() ? Long.MAX_VALUE : model.peek().timeMicros();
      if (exact) {
        assertEquals(expected, backlog.oldestTimeMicros());
      } else {
        assertTrue(backlog.oldestTimeMicros() <= expected);
      }
    }
  }
}
