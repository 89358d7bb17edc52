package io.drva.protocol;

/** What a client has been told of its sequence. Used on the connection's event loop. */
final class AcknowledgedPosition {
  private long loggedSeq;
  private long replicatedSeq;

  /** WELCOME told this. */
  void start(ServerSession.Position position) {
    loggedSeq = position.loggedSeq();
    replicatedSeq = position.replicatedSeq();
  }

  /** The ACK that brings the client up to date, or null if it is. */
  ControlFrame.Ack next(ServerSession session) {
    // Replicated first: a caller that logs before it replicates is then never seen the other way.
    long replicated = Math.max(replicatedSeq, session.replicatedSeq());
    long logged = Math.max(loggedSeq, session.loggedSeq());
    replicated = Math.min(replicated, logged);
    if (logged == loggedSeq && replicated == replicatedSeq) {
      return null;
    }
    loggedSeq = logged;
    replicatedSeq = replicated;
    return new ControlFrame.Ack(logged, replicated);
  }
}
