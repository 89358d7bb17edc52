package io.drva.appliance;

/** A domain that cannot be assigned: which, why, and what to do. */
public final class AssignmentException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int status;

  AssignmentException(int status, String message) {
    super(message);
    this.status = status;
  }

  AssignmentException(int status, String message, Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /** The HTTP status that tells this. */
  int status() {
    return status;
  }
}
