package io.drva.powercut;

/** The appliance did not keep what it had acknowledged. */
final class BrokenPromiseException extends Exception {
  private static final long serialVersionUID = 1L;

  BrokenPromiseException(int cuts, String what, Throwable cause) {
    super("after cut " + cuts + ": " + what, cause);
  }
}
