package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ClockOffsetTest {
  @Test
  void startsWithTheGuess() {
    ClockOffset offset = new ClockOffset();
    offset.seed(1_000, 400);
    assertEquals(600, offset.micros());
  }

  @Test
  void theShortestRoundTripOfTheLastEightCounts() {
    ClockOffset offset = new ClockOffset();
    long ahead = 5_000_000; // This side's clock minus the peer's.
    sample(offset, ahead, 100, 100);
    assertEquals(ahead, offset.micros());
    sample(offset, ahead, 10, 9_000); // Lopsided and slow: worse.
    assertEquals(ahead, offset.micros());
    sample(offset, ahead + 7, 20, 20); // Faster: better.
    assertEquals(ahead + 7, offset.micros());
    for (int i = 0; i < 8; i++) {
      sample(offset, ahead + 50, 300, 300); // The clocks drift; the fast sample ages out.
    }
    assertEquals(ahead + 50, offset.micros());
  }

  @Test
  void aClockThatWasSetInBetweenIsIgnored() {
    ClockOffset offset = new ClockOffset();
    offset.seed(50, 0);
    offset.sample(1_000, 500, 600, 900);
    assertEquals(50, offset.micros());
  }

  private static void sample(ClockOffset offset, long ahead, long there, long back) {
    long origin = 1_000_000_000;
    long received = origin - ahead + there;
    long sent = received + 3;
    offset.sample(origin, received, sent, sent + ahead + back);
  }
}
