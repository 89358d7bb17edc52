package io.drva.protocol;

/**
 * Counts how long a connection has been silent, in ticks of its event loop.
 *
 * <p>Ticks instead of a clock: they are scheduled with a fixed delay, so an event loop that stood
 * still has also not counted, and does not take its own pause for the peer's silence.
 */
final class Liveness {
  /** Ticks in {@code idleTimeoutMs}. */
  static final int TICKS_PER_IDLE_TIMEOUT = 6;

  /** Ticks after which a PING is due: a third of the timeout. */
  static final int TICKS_PER_PING = TICKS_PER_IDLE_TIMEOUT / 3;

  private int silentTicks;
  private int quietTicks;
  private int cloggedTicks;
  private int ticks;

  /** Bytes came. */
  void received() {
    silentTicks = 0;
  }

  /** Bytes were handed to the socket. */
  void sent() {
    quietTicks = 0;
  }

  /**
   * One tick passed.
   *
   * @param reading whether this side is reading: silence is counted only then
   * @param writable whether the peer takes what this side sends
   */
  void tick(boolean reading, boolean writable) {
    ticks++;
    quietTicks++;
    silentTicks = reading ? silentTicks + 1 : 0;
    cloggedTicks = writable ? 0 : cloggedTicks + 1;
  }

  /** Nothing has come for at least one tick. */
  boolean isResting() {
    return silentTicks > 1;
  }

  /** Nothing has come for the whole timeout. */
  boolean isSilent() {
    return silentTicks > TICKS_PER_IDLE_TIMEOUT;
  }

  /** The peer has not taken anything for the whole timeout. */
  boolean isClogged() {
    return cloggedTicks > TICKS_PER_IDLE_TIMEOUT;
  }

  /** This side has sent nothing for a third of the timeout. */
  boolean isQuiet() {
    return quietTicks >= TICKS_PER_PING;
  }

  /** The regular moment to measure the clock. */
  boolean isPingDue() {
    return ticks % TICKS_PER_PING == 0;
  }
}
