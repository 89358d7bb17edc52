package io.drva.protocol;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listener whose exceptions end here: replication must not stop because someone who only watches
 * it has a defect.
 */
final class GuardedListener implements HostClient.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedListener.class);

  private final HostClient.Listener listener;

  GuardedListener(HostClient.Listener listener) {
    this.listener = listener;
  }

  @Override
  public void connected(long loggedSeq, long replicatedSeq) {
    try {
      listener.connected(loggedSeq, replicatedSeq);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  @Override
  public void disconnected(String reason) {
    try {
      listener.disconnected(reason);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  @Override
  public void logged(long seq) {
    try {
      listener.logged(seq);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  @Override
  public void replicated(long seq) {
    try {
      listener.replicated(seq);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  @Override
  public void pressure(Pressure level) {
    try {
      listener.pressure(level);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  @Override
  public void failed(SessionFailedException cause) {
    try {
      listener.failed(cause);
    } catch (RuntimeException e) {
      defect(e);
    }
  }

  private void defect(RuntimeException cause) {
    LOG.error("defect in the listener {}", listener, cause);
  }
}
