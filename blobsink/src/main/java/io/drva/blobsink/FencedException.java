package io.drva.blobsink;

import java.io.IOException;

/** Another owner has taken the chain over. This one must write, and acknowledge, nothing more. */
public final class FencedException extends IOException {
  private static final long serialVersionUID = 1;

  FencedException(Container container, ObjectHeader mine, ObjectHeader stored) {
    super(
        container.location()
            + "/"
            + ObjectNames.chain(mine.number())
            + ": fenced: the number is taken by a "
            + (stored.kind() == ObjectHeader.Kind.FENCE ? "fence" : "segment")
            + " of epoch "
            + stored.epoch()
            + ", this owner's is "
            + mine.epoch()
            + "; another appliance owns the domain now");
  }
}
