package io.drva.demo;

/** A count of bytes that are acknowledged as logged, and a place to wait for more. */
public final class LoggedBytes {
  private long bytes;

  synchronized void add(long more) {
    bytes += more;
    notifyAll();
  }

  public synchronized long get() {
    return bytes;
  }

  /** Waits until there are so many. */
  public synchronized void await(long wanted) throws InterruptedException {
    while (bytes < wanted) {
      wait();
    }
  }
}
