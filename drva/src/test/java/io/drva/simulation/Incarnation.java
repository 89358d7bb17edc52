package io.drva.simulation;

import java.util.ArrayDeque;
import java.util.UUID;

/**
 * What a host has sent under one incarnation, and what it was told of it. A host may go back to an
 * incarnation that it had before with empty memory: that is another of these with the same id.
 */
final class Incarnation {
  private final String host;
  private final UUID id;
  private final int order;

  /** What the chain does not hold yet. */
  private final ArrayDeque<Change> unreplicated = new ArrayDeque<>();

  private long lastSeq;
  private long chainSeq;
  private long loggedSeq;
  private boolean isWelcome;
  private boolean isLogLost;

  /**
   * @param order of several of a host, which came first
   */
  Incarnation(String host, UUID id, int order) {
    this.host = host;
    this.id = id;
    this.order = order;
  }

  UUID id() {
    return id;
  }

  int order() {
    return order;
  }

  /** An appliance has said WELCOME: its log knows of it. */
  void welcome() {
    isWelcome = true;
  }

  /** The log was lost with its volume: what is not in the chain is gone. */
  void logLost() {
    isLogLost = true;
  }

  boolean isLogLost() {
    return isLogLost;
  }

  boolean isWelcome() {
    return isWelcome;
  }

  void sent(Change change, long seq) {
    if (seq != ++lastSeq) {
      throw new IllegalStateException(this + ": change " + lastSeq + " was numbered " + seq);
    }
    unreplicated.add(change);
  }

  /** The change that the chain must hold next; null when there is none. */
  Change next() {
    return unreplicated.peek();
  }

  /** The chain holds it. */
  void replicated() {
    unreplicated.remove();
    chainSeq++;
  }

  long lastSeq() {
    return lastSeq;
  }

  /** How far the chain is. */
  long chainSeq() {
    return chainSeq;
  }

  /** What the host was told, at most. */
  long loggedSeq() {
    return loggedSeq;
  }

  /** What was logged and never came to the chain. */
  long lostSeqs() {
    return Math.max(0, loggedSeq - chainSeq);
  }

  void logged(long seq) {
    loggedSeq = Math.max(loggedSeq, seq);
  }

  @Override
  public String toString() {
    return host + ", incarnation " + order;
  }
}
