package io.drva.logstore;

/**
 * Told what becomes durable: by a domain log's force thread, but for {@link #appended}. Must not
 * block for long, since the next force waits for it, and must not close the log or the volume,
 * which would wait for itself. What it throws stops the log.
 */
public interface ForceListener {

  /**
   * On the writer's thread: every record up to {@code lsn} is in its file, and is handed to the
   * force thread when this returns. So what this publishes can be seen when the force that covers
   * {@code lsn} is {@link #forced}, but not always when it is {@link #forcing}: what is handed over
   * between that call and the moment when the log chooses what to cover is covered, too.
   */
  default void appended(long lsn) {}

  /**
   * A force is about to begin; what it covers is chosen after this returns: everything that was
   * handed over by then is covered by the next {@link #forced}.
   */
  default void forcing() {}

  /**
   * Everything up to and including {@code lsn} is on the volume and forced.
   *
   * @param lsn the log's new forced LSN, greater than at any call before
   * @param forceNanos how long the force took
   */
  void forced(long lsn, long forceNanos);

  /**
   * The log has stopped for good; called once, on the force thread, and nothing is called after it.
   *
   * @param cause the I/O error or fault that stopped it
   */
  void failed(Throwable cause);
}
