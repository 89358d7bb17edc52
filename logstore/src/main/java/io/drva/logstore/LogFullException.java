package io.drva.logstore;

import java.io.IOException;

/** The next record does not fit within the volume's budget; nothing was changed. */
public final class LogFullException extends IOException {

  private static final long serialVersionUID = 1L;

  LogFullException(String domain, long lastLsn, long budgetBytes) {
    super(
        "log of domain "
            + domain
            + " is full after LSN "
            + lastLsn
            + ": the volume's budget of "
            + budgetBytes
            + " bytes is used up; appends continue once records have been replicated and released");
  }
}
