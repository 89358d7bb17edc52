package io.drva.logstore;

import java.io.IOException;

/** The log was stopped for good by an I/O error, or was closed. */
public final class LogStoppedException extends IOException {

  private static final long serialVersionUID = 1L;

  LogStoppedException(String message, Throwable cause) {
    super(message, cause);
  }
}
