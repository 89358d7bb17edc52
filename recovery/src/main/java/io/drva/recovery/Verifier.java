package io.drva.recovery;

import io.drva.blobsink.CheckedObject;
import io.drva.blobsink.Container;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.DomainDescriptor;
import io.drva.blobsink.ObjectInfo;
import io.drva.blobsink.ObjectNames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads every byte of a container and checks it: each object alone, in parallel, and its place in
 * the chain. Goes on behind damaged and missing objects, so that one run names them all. Only what
 * keeps it from reading ends it with an error.
 *
 * <p>What it cannot find: that the newest objects of a chain are gone without a trace. Nothing in a
 * container says that there was more.
 */
public final class Verifier {
  private static final int READERS = 3;
  private static final int READ_AHEAD = 3;

  private final Container container;
  private final RecoveryProgress progress;
  private final List<Problem> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private long objects;
  private long bytes;
  private long bytesListed;

  private record Ahead(ObjectInfo info, Future<CheckedObject> object) {}

  private Verifier(Container container, RecoveryProgress progress) {
    this.container = container;
    this.progress = progress;
  }

  /**
   * Verifies a container.
   *
   * @param progress is told bytes read, of those listed when it began
   */
  public static Verification run(Container container, RecoveryProgress progress)
      throws IOException {
    return new Verifier(container, progress).run();
  }

  private Verification run() throws IOException {
    UUID domainId = descriptor();
    container.list(
        "",
        info -> {
          bytesListed += info.sizeBytes();
          return true;
        });
    VerifiedChain chain = new VerifiedChain(container, domainId, problems);
    try (ExecutorService readers =
        Executors.newFixedThreadPool(
            READERS, Thread.ofPlatform().daemon().name("verify-", 0).factory())) {
      Queue<Ahead> ahead = new ArrayDeque<>(READ_AHEAD);
      container.list(
          "",
          info -> {
            if (ObjectNames.number(info.name()) > 0) {
              if (ahead.size() == READ_AHEAD) {
                verified(ahead.remove(), chain);
              }
              ahead.add(new Ahead(info, readers.submit(() -> CheckedObject.read(container, info))));
            } else if (!info.name().equals(ObjectNames.DESCRIPTOR)) {
              notes.add(
                  info.name() + ": not an object of a version 1 container; it was not looked at");
            }
            return true;
          });
      while (!ahead.isEmpty()) {
        verified(ahead.remove(), chain);
      }
    }
    return new Verification(
        objects,
        bytes,
        chain.objects(),
        chain.superseded(),
        chain.intactLsn(),
        List.copyOf(problems),
        List.copyOf(notes));
  }

  /**
   * Checks the descriptor.
   *
   * @return the domain's id, or null when it cannot be told
   */
  private UUID descriptor() throws IOException {
    ObjectInfo info = container.stat(ObjectNames.DESCRIPTOR).orElse(null);
    if (info == null) {
      problems.add(
          new Problem(
              ObjectNames.DESCRIPTOR,
              -1,
              "the descriptor is missing; the chain can be recovered without it"));
      return null;
    }
    objects++;
    bytes += info.sizeBytes();
    try {
      return DomainDescriptor.read(container).domainId();
    } catch (CorruptObjectException e) {
      problems.add(new Problem(e.object(), e.position(), e.what()));
      return null;
    }
  }

  private void verified(Ahead ahead, VerifiedChain chain) throws IOException {
    CheckedObject object = null;
    Problem damage = null;
    try {
      object = ahead.object.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("verification was interrupted");
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof CorruptObjectException corrupt)) {
        throw new IOException(
            "verifying " + ahead.info.name() + " failed: " + e.getCause().getMessage(),
            e.getCause());
      }
      damage = new Problem(corrupt.object(), corrupt.position(), corrupt.what());
    }
    objects++;
    bytes += ahead.info.sizeBytes();
    if (damage == null) {
      chain.intact(ahead.info, object);
    } else {
      problems.add(damage);
      chain.damaged(ahead.info);
    }
    progress.progress(bytes, Math.max(bytes, bytesListed));
  }
}
