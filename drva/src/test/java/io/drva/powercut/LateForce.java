package io.drva.powercut;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.concurrent.CompletableFuture;

/**
 * A force that returns when the one before it is done: what waits for it is acknowledged one force
 * too early.
 */
public final class LateForce {
  private static CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

  private LateForce() {}

  public static synchronized void force(Object disk, FileChannel channel) {
    running.join();
    running =
        CompletableFuture.runAsync(
            () -> {
              try {
                channel.force(false);
              } catch (ClosedChannelException e) {
                // Acknowledged, sealed and closed in the meantime: never forced.
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }
}
