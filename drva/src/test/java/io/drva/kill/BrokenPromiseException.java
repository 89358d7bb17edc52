package io.drva.kill;

/** The appliance did not keep what it had acknowledged, or has what was never sent. */
final class BrokenPromiseException extends Exception {
  private static final long serialVersionUID = 1L;

  BrokenPromiseException(String what) {
    super(what);
  }

  BrokenPromiseException(String what, Throwable cause) {
    super(what, cause);
  }
}
