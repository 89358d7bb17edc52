package io.drva.logstore;

/**
 * Told by a domain log's force thread what has become durable. Must not block for long, since the
 * next force waits for it, and must not close the log or the volume, which would wait for itself.
 * What it throws stops the log, as a failed force does.
 */
public interface ForceListener {

  /**
   * A force is about to begin; what it covers is chosen after this returns: everything that is
   * appended by then is covered by the next {@link #forced}.
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
