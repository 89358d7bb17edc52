package io.drva.appliance;

import io.drva.protocol.ServerSession;

/**
 * What a domain knows of one host, over all its connections. Guarded by the domain's lock, but for
 * the constants.
 */
final class HostSlot {
  private final int number;
  private final String name;

  /** The connection that speaks for the host, null when there is none. */
  ServerSession session;

  /**
   * Since when a host that did not close in order is away, by the wall clock; 0 while it is
   * connected or closed in order.
   */
  long lostSinceMicros;

  HostSlot(int number, String name) {
    this.number = number;
    this.name = name;
  }

  int number() {
    return number;
  }

  String name() {
    return name;
  }
}
