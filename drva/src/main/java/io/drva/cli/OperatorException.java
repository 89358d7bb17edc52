package io.drva.cli;

/** A failure that the operator can act on: told in one line, without a stack trace. */
final class OperatorException extends Exception {
  private static final long serialVersionUID = 1L;
  private final int exitCode;

  OperatorException(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
