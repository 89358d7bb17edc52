package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The parts that need no connection. */
final class SmallPartsTest {
  @Test
  void retainedFramesAreARingThatGrows() {
    RandomGenerator random = Seeds.random("retainedFramesAreARingThatGrows");
    RetainedFrames frames = new RetainedFrames();
    Deque<Integer> expected = new ArrayDeque<>();
    for (int step = 0; step < 50_000; step++) {
      boolean growing = step / 5_000 % 2 == 0;
      if (frames.isEmpty() || random.nextInt(3) < (growing ? 2 : 1)) {
        int length = random.nextInt(1, 100);
        RetainedFrames.Frame frame = frames.add();
        frame.attach(Unpooled.wrappedBuffer(new byte[length]), 0);
        expected.add(length);
        assertEquals(frames.lastSeq(), frame.seq);
      } else {
        ByteBuf data = frames.get(frames.firstSeq()).data;
        assertEquals(Wire.EXTENT_HEAD_BYTES + expected.remove(), frames.removeFirst());
        assertEquals(0, data.refCnt());
      }
      assertEquals(expected.size(), frames.lastSeq() - frames.firstSeq() + 1);
    }
  }

  @Test
  void delaysDoubleUpToTheirLimitAndStartOver() {
    ReconnectDelay delay = new ReconnectDelay(100, 1_000, Seeds.random("delaysDouble"));
    for (int round = 0; round < 2; round++) {
      for (int ceiling : new int[] {100, 200, 400, 800, 1_000, 1_000}) {
        long ms = delay.nextMs();
        assertTrue(ms >= ceiling / 2 && ms <= ceiling, ms + " of " + ceiling);
      }
      assertEquals(6, delay.attempts());
      delay.reset();
      assertEquals(0, delay.attempts());
    }
  }

  @Test
  void silenceIsCountedOnlyWhileReading() {
    Liveness liveness = new Liveness();
    for (int i = 0; i < 5 * Liveness.TICKS_PER_IDLE_TIMEOUT; i++) {
      liveness.tick(false, true);
      assertFalse(liveness.isSilent());
    }
    assertTrue(liveness.isQuiet());
    for (int i = 0; i < Liveness.TICKS_PER_IDLE_TIMEOUT; i++) {
      liveness.tick(true, false);
      assertFalse(liveness.isSilent() || liveness.isClogged());
    }
    liveness.tick(true, false);
    assertTrue(liveness.isSilent() && liveness.isClogged());
    liveness.received();
    assertFalse(liveness.isSilent());
  }

  @Test
  void optionsOutsideTheirLimitsAreRefused() {
    ServerOptions ok = EndToEndTest.loopback();
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new ServerOptions(
                ok.listen(), 1, 1, ok.windowBytes(), 1, 1, 1_000, ok.wallClockMicros()));
    assertThrows(
        IllegalArgumentException.class,
        () -> ClientOptions.builder(ok.listen(), "no host", "dom").build());
    assertThrows(
        IllegalArgumentException.class,
        () -> ClientOptions.builder(ok.listen(), "host", "-").build());
  }

  @Test
  void anAddressInUseIsAnIOException() throws Exception {
    try (ProtocolServer server =
        ProtocolServer.start(EndToEndTest.loopback(), new MemoryDomain())) {
      IOException refused =
          assertThrows(
              IOException.class,
              () ->
                  ProtocolServer.start(
                      ServerOptions.defaults(server.address()), new MemoryDomain()));
      assertEquals(
          "cannot listen on " + server.address() + ": " + refused.getCause().getMessage(),
          refused.getMessage());
    }
  }
}
