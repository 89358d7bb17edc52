package io.drva.protocol;

import java.util.function.LongSupplier;

/** Measures the client's clock with PING and PONG. Used on the connection's event loop. */
final class PeerClock {
  private final LongSupplier wallClockMicros;
  private final ClockOffset offset = new ClockOffset();
  private long originMicros;
  private boolean pending;

  PeerClock(LongSupplier wallClockMicros) {
    this.wallClockMicros = wallClockMicros;
  }

  /** The estimate, which may be read from any thread. */
  ClockOffset offset() {
    return offset;
  }

  /** A first guess from the client's clock as it sent HELLO. */
  void seed(long clientTimeMicros) {
    offset.seed(wallClockMicros.getAsLong(), clientTimeMicros);
  }

  /** The PING to send now. */
  ControlFrame.Ping ping() {
    originMicros = wallClockMicros.getAsLong();
    pending = true;
    return new ControlFrame.Ping(originMicros);
  }

  /** The answer to the client's PING that came now. */
  ControlFrame.Pong answer(ControlFrame.Ping ping) {
    long now = wallClockMicros.getAsLong();
    return new ControlFrame.Pong(ping.originMicros(), now, now);
  }

  /** Only the answer to the newest PING counts: others are late, or were never asked for. */
  void pong(ControlFrame.Pong pong) {
    if (pending && pong.originMicros() == originMicros) {
      pending = false;
      offset.sample(
          originMicros, pong.receivedMicros(), pong.sentMicros(), wallClockMicros.getAsLong());
    }
  }
}
