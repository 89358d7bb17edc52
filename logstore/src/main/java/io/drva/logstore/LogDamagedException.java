package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;

/** A record that was forced is missing or changed. Names the file, the offset and the LSN. */
public final class LogDamagedException extends IOException {

  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offsetBytes;
  private final long lsn;

  LogDamagedException(Path file, long offsetBytes, long lsn, String what) {
    super(
        file
            + ": damaged at offset "
            + offsetBytes
            + ", where LSN "
            + lsn
            + " should be: "
            + what
            + "; the records from there on cannot be trusted: see with 'drva volume check' what is"
            + " lost, and end the log there with 'drva volume truncate'");
    this.file = file.toString();
    this.offsetBytes = offsetBytes;
    this.lsn = lsn;
  }

  public Path file() {
    return Path.of(file);
  }

  public long offsetBytes() {
    return offsetBytes;
  }

  /** The first LSN that is not there. */
  public long lsn() {
    return lsn;
  }
}
