package io.drva.appliance;

/**
 * A fault on purpose, for kills to bring to light: a write is acknowledged as logged when it has
 * its number in the log, and before the group that it is in is written.
 */
public final class EarlyAcknowledgement {
  private EarlyAcknowledgement() {}

  /** Called in the place of {@link SessionProgress#appended}. */
  static boolean appended(SessionProgress progress, long seq, long lsn) {
    progress.session().logged(seq);
    return progress.appended(seq, lsn);
  }
}
