package io.drva.protocol;

import java.io.IOException;
import java.io.Serial;

/**
 * A client's session failed for good: nothing is sent any more, and what was not logged is dropped.
 */
public final class SessionFailedException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  SessionFailedException(ErrorCode code, String message) {
    super(code == null ? message : code + ": " + message);
    this.code = code;
  }

  private SessionFailedException(SessionFailedException cause) {
    super(cause.getMessage(), cause);
    this.code = cause.code;
  }

  /** The code of the ERROR that ended it; null if the client was closed or never got through. */
  public ErrorCode code() {
    return code;
  }

  /** The same failure, for another thread that runs into it: with that thread's stack. */
  SessionFailedException again() {
    return new SessionFailedException(this);
  }
}
