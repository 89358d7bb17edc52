package io.drva.protocol;

/** What a server asks of a host filter while its log fills. */
public enum Pressure {
  /** Nothing. */
  NORMAL(0),
  /** To slow down: background data first, then guests by a bounded delay. */
  THROTTLE(1),
  /** The log is full. Nothing is lost, but nothing is taken: to mark what changes until it is. */
  BITMAP(2);

  private final int level;

  Pressure(int level) {
    this.level = level;
  }

  /** As PRESSURE says it; the higher the more severe. */
  public int level() {
    return level;
  }

  static Pressure of(int level) {
    return switch (level) {
      case 0 -> NORMAL;
      case 1 -> THROTTLE;
      case 2 -> BITMAP;
      default -> throw new IllegalArgumentException("pressure level " + level);
    };
  }
}
