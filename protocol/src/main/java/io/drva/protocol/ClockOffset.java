package io.drva.protocol;

/**
 * Estimates how far this side's clock is ahead of the peer's. Of the last {@link #SAMPLES} samples
 * the one with the shortest round trip counts: its error is at most half of that.
 *
 * <p>Written on the event loop; {@link #micros()} may be read from any thread.
 */
final class ClockOffset {
  private static final int SAMPLES = 8;

  private final long[] offsetsMicros = new long[SAMPLES];
  private final long[] roundTripsMicros = new long[SAMPLES];
  private int count;
  private volatile long micros;

  /** A first guess, until a sample is there. */
  void seed(long ownMicros, long peerMicros) {
    micros = ownMicros - peerMicros;
  }

  /**
   * A PING that this side sent at {@code origin}, the peer answered between {@code received} and
   * {@code sent} by its clock, and whose PONG came at {@code now}.
   */
  void sample(long originMicros, long receivedMicros, long sentMicros, long nowMicros) {
    long roundTrip = (nowMicros - originMicros) - (sentMicros - receivedMicros);
    if (roundTrip < 0) {
      return; // A clock was set in between: the sample says nothing.
    }
    int slot = count % SAMPLES;
    count++;
    offsetsMicros[slot] = -(((receivedMicros - originMicros) + (sentMicros - nowMicros)) / 2);
    roundTripsMicros[slot] = roundTrip;
    int best = 0;
    for (int i = 1; i < Math.min(count, SAMPLES); i++) {
      if (roundTripsMicros[i] < roundTripsMicros[best]) {
        best = i;
      }
    }
    micros = offsetsMicros[best];
  }

  /** Own clock minus the peer's clock, in microseconds. */
  long micros() {
    return micros;
  }
}
