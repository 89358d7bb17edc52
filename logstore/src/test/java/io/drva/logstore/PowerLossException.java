package io.drva.logstore;

import java.io.IOException;

/** What every operation of a {@link PowerCutDisk} ends with once its power is off. */
public final class PowerLossException extends IOException {

  private static final long serialVersionUID = 1L;

  PowerLossException() {
    super("the power is off (simulated)");
  }
}
