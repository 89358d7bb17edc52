package io.drva.recovery;

import java.io.IOException;

/** A recovery cannot be done as asked. The message says why, and what to ask for instead. */
public final class RecoveryException extends IOException {
  private static final long serialVersionUID = 1;

  RecoveryException(String message) {
    super(message);
  }
}
