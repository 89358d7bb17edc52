package io.drva.appliance;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * Tells a domain's sessions what is {@code logged}.
 *
 * <p>Why {@code logged(n)} is true when it is sent (invariant 1):
 *
 * <ol>
 *   <li>The log writer appends n to the group and remembers n's LSN ({@link
 *       SessionProgress#appended}). When the group is in its file it publishes both ({@link
 *       SessionProgress#handOver}), and then hands the group to the force thread.
 *   <li>Before each force the force thread reads what each connection published ({@link #forcing}),
 *       then the log chooses the LSN that the force will cover.
 *   <li>The force returns without error; otherwise the log has stopped and nothing is acknowledged
 *       any more.
 *   <li>Only then is acknowledged what was published and is covered by the force's LSN ({@link
 *       SessionProgress#forced}).
 * </ol>
 */
final class LoggedAcknowledgements {
  private final DomainMetrics metrics;

  /** Replaced as a whole, under this object's lock. */
  private volatile SessionProgress[] sessions = {};

  /** Force thread: those that the running force is for. */
  private SessionProgress[] forcing = {};

  private record AfterForce(long lsn, HostSlot host, Runnable action) {}

  /** In the order of their LSNs, one for each host; guarded by this. */
  private final Deque<AfterForce> afterForce = new ArrayDeque<>();

  /** Guarded by this. */
  private long forcedLsn;

  /**
   * @param forcedLsn what is forced already
   */
  LoggedAcknowledgements(DomainMetrics metrics, long forcedLsn) {
    this.metrics = metrics;
    this.forcedLsn = forcedLsn;
  }

  /** The sessions that are told, for looking at. */
  SessionProgress[] sessions() {
    return sessions;
  }

  synchronized void add(SessionProgress session) {
    SessionProgress[] more = Arrays.copyOf(sessions, sessions.length + 1);
    more[sessions.length] = session;
    sessions = more;
  }

  synchronized void remove(SessionProgress session) {
    sessions = Arrays.stream(sessions).filter(s -> s != session).toArray(SessionProgress[]::new);
  }

  /**
   * Log writer: has the action run once everything up to the LSN is forced, on the force thread, or
   * here if it is already. It takes the place of another that waits for the same host: that is for
   * a connection which has been superseded.
   */
  void afterForce(long lsn, HostSlot host, Runnable action) {
    synchronized (this) {
      afterForce.removeIf(waiting -> waiting.host == host);
      if (lsn > forcedLsn) {
        afterForce.add(new AfterForce(lsn, host, action));
        return;
      }
    }
    action.run();
  }

  /** Force thread, before the log chooses what its next force covers. */
  void forcing() {
    forcing = sessions;
    for (SessionProgress session : forcing) {
      session.forcing();
    }
  }

  /** Force thread: a force that covers all up to the LSN has returned without error. */
  void forced(long lsn, long nowNanos) {
    for (SessionProgress session : forcing) {
      session.forced(lsn, nowNanos, metrics);
    }
    for (Runnable action = nextAction(lsn); action != null; action = nextAction(lsn)) {
      action.run();
    }
  }

  private synchronized Runnable nextAction(long lsn) {
    forcedLsn = lsn;
    return afterForce.isEmpty() || afterForce.peek().lsn > lsn ? null : afterForce.remove().action;
  }
}
