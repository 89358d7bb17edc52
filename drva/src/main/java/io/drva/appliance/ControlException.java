package io.drva.appliance;

/** What was asked of the appliance is refused: what, why, and what to do. */
public final class ControlException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int status;

  ControlException(int status, String message) {
    super(message);
    this.status = status;
  }

  ControlException(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** The HTTP status that tells this. */
  int status() {
    return status;
  }
}
