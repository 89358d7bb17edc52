package io.drva.demo;

/** The writes of a trace, to one disk. */
final class TraceWrites implements WriteSource {
  private final BlockTrace trace;
  private final double speed;
  private int at = -1;

  /**
   * @param speed how much faster than recorded; 0 for as fast as they are accepted
   */
  TraceWrites(BlockTrace trace, double speed) {
    this.trace = trace;
    this.speed = speed;
  }

  @Override
  public boolean next() {
    return ++at < trace.writes();
  }

  @Override
  public Kind kind() {
    return Kind.WRITE;
  }

  @Override
  public int disk() {
    return 0;
  }

  @Override
  public long offsetBytes() {
    return trace.offsetBytes(at);
  }

  @Override
  public int lengthBytes() {
    return trace.lengthBytes(at);
  }

  @Override
  public long dueMicros() {
    return speed == 0 ? 0 : (long) (trace.timeMicros(at) / speed);
  }
}
