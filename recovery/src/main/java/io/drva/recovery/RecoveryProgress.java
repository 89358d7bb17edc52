package io.drva.recovery;

/** Hears how far a recovery or a verification is. Called by several threads, one at a time. */
@FunctionalInterface
public interface RecoveryProgress {
  /** Hears nothing. */
  RecoveryProgress NONE = (done, total) -> {};

  /**
   * More is done.
   *
   * @param bytesDone stored bytes read and dealt with
   * @param bytesTotal those that there are in all
   */
  void progress(long bytesDone, long bytesTotal);
}
