package io.drva.protocol;

/** How a session ended. */
public sealed interface SessionEnd {
  /** The client sent CLOSE and everything before it was logged. */
  record Closed() implements SessionEnd {
    @Override
    public String toString() {
      return "closed by the host";
    }
  }

  /** This server sent CLOSE because it is shutting down; the client comes back. */
  record ShutDown() implements SessionEnd {
    @Override
    public String toString() {
      return "closed, this server shuts down";
    }
  }

  /**
   * An ERROR was sent.
   *
   * @param byPeer whether the client sent it
   */
  record Failed(ErrorCode code, String message, boolean byPeer) implements SessionEnd {
    @Override
    public String toString() {
      return (byPeer ? "failed, the host says " : "failed, ") + code + ": " + message;
    }
  }

  /** The connection ended without CLOSE or ERROR. */
  record Lost(String reason) implements SessionEnd {
    @Override
    public String toString() {
      return "lost: " + reason;
    }
  }
}
