package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The log writer and the force thread, step by step in random order: what is acknowledged is
 * covered by a force, and when both rest everything is acknowledged (invariant 1).
 */
class LoggedAcknowledgementsTest {
  private static final int ROUNDS = 2_000;
  private static final int SESSIONS = 3;

  private final SplittableRandom random;
  private final LoggedAcknowledgements acknowledgements =
      new LoggedAcknowledgements(new DomainMetrics(new SimpleMeterRegistry(), "d"), 0);
  private final SessionProgress[] sessions = new SessionProgress[SESSIONS];
  private final long[] acknowledged = new long[SESSIONS];

  /** By session and sequence number. */
  private final long[][] lsnOf = new long[SESSIONS][1 << 16];

  private final long[] lastSeq = new long[SESSIONS];
  private long lastLsn;

  /** What the log keeps: handed over, and forced. */
  private long appendedLsn;

  private long forcedLsn;
  private long target;
  private int actionsRun;

  /** Where the two threads are. */
  private boolean published;

  private int forceStep;

  LoggedAcknowledgementsTest() {
    long seed = Long.getLong("drva.seed", new SplittableRandom().nextLong());
    System.out.println("LoggedAcknowledgementsTest: -Ddrva.seed=" + seed);
    random = new SplittableRandom(seed);
  }

  @Test
  void nothingTooEarlyAndNothingForgotten() {
    for (int i = 0; i < SESSIONS; i++) {
      int session = i;
      sessions[i] =
          new SessionProgress(null, new HostSlot(i + 1, "h" + i), seq -> acknowledge(session, seq));
      sessions[i].attached(0, 0, 0);
      acknowledgements.add(sessions[i]);
    }
    int actions = 0;
    for (int round = 0; round < ROUNDS; round++) {
      for (int step = random.nextInt(40); step > 0; step--) {
        if (random.nextBoolean()) {
          writerStep();
        } else {
          forceStep();
        }
      }
      // Both come to rest.
      while (published || appendedLsn < lastLsn) {
        writerStep();
      }
      if (random.nextInt(4) == 0) {
        actions++;
        acknowledgements.afterForce(
            lastLsn, sessions[0].slot(), () -> actionRun(sessions[0].slot()));
      }
      while (forceStep > 0 || appendedLsn > forcedLsn) {
        forceStep();
      }
      for (int i = 0; i < SESSIONS; i++) {
        assertEquals(lastSeq[i], acknowledged[i], "session " + i + " is told its last frame");
      }
      assertEquals(actions, actionsRun);
    }
  }

  private void actionRun(HostSlot host) {
    actionsRun++;
    assertEquals(1, host.number());
    assertEquals(lastSeq[0], acknowledged[0], "everything before is acknowledged first");
  }

  private void acknowledge(int session, long seq) {
    assertTrue(seq >= acknowledged[session]);
    assertTrue(
        seq == 0 || lsnOf[session][(int) seq] <= forcedLsn,
        () -> "session " + session + ": " + seq + " is acknowledged before it is forced");
    acknowledged[session] = seq;
  }

  /** Appends a frame; or publishes what was appended; or tells the force thread of it. */
  private void writerStep() {
    if (published) {
      appendedLsn = lastLsn;
      published = false;
    } else if (appendedLsn < lastLsn && random.nextInt(3) == 0) {
      for (SessionProgress session : sessions) {
        session.handOver();
      }
      published = true;
    } else {
      int session = random.nextInt(SESSIONS);
      lastSeq[session]++;
      lastLsn++;
      lsnOf[session][(int) lastSeq[session]] = lastLsn;
      sessions[session].appended(lastSeq[session], lastLsn);
    }
  }

  /** Looks at the sessions; or chooses what to force; or has forced it. */
  private void forceStep() {
    switch (forceStep) {
      case 0 -> {
        if (appendedLsn > forcedLsn) {
          acknowledgements.forcing();
          forceStep = 1;
        }
      }
      case 1 -> {
        target = appendedLsn;
        forceStep = 2;
      }
      default -> {
        forcedLsn = target;
        acknowledgements.forced(target, 0);
        forceStep = 0;
      }
    }
  }
}
