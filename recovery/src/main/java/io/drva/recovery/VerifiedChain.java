package io.drva.recovery;

import io.drva.blobsink.ChainState;
import io.drva.blobsink.CheckedObject;
import io.drva.blobsink.Container;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.Format;
import io.drva.blobsink.ObjectHeader;
import io.drva.blobsink.ObjectInfo;
import io.drva.blobsink.ObjectNames;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Puts verified objects into their places in the chain, and notes what does not fit. Owned by one
 * thread.
 */
final class VerifiedChain {
  private static final int FENCE_BYTES = Format.HEADER_BYTES + Format.FOOTER_BYTES;

  private final Container container;
  private final List<Problem> problems;
  private final ChainState state;
  private ObjectHeader lastFence;
  private long superseded;
  private boolean broken;
  private long intactLsn;

  VerifiedChain(Container container, UUID domainId, List<Problem> problems) {
    this.container = container;
    this.problems = problems;
    this.state = new ChainState(domainId);
  }

  long objects() {
    return state.objects();
  }

  long superseded() {
    return superseded;
  }

  /** Up to which LSN everything is there and sound. */
  long intactLsn() {
    return broken ? intactLsn : state.lastLsn();
  }

  /** From here on the chain is not what it was: what lies behind may be read, but not recovered. */
  private void breakHere() {
    if (!broken) {
      broken = true;
      intactLsn = state.lastLsn();
    }
  }

  /** Takes the next object of the listing. */
  void intact(ObjectInfo info, CheckedObject object) throws IOException {
    ObjectHeader header = object.header();
    if (header.number() > state.nextNumber()) {
      follow();
    }
    if (header.number() > state.nextNumber()) {
      missing(header);
      state.skipTo(header.number());
    }
    if (header.number() == state.nextNumber()) {
      link(info, object);
    } else if (header.number() != state.lastNumber()) {
      superseded(info, header);
    }
  }

  /** A number that the listing lacks may have been stored since the listing passed it. */
  private void follow() throws IOException {
    Optional<ObjectInfo> next = container.stat(ObjectNames.chain(state.nextNumber()));
    while (next.isPresent()) {
      try {
        link(next.get(), CheckedObject.read(container, next.get()));
      } catch (CorruptObjectException e) {
        problems.add(new Problem(e.object(), e.position(), e.what()));
        damaged(next.get());
      }
      next = container.stat(ObjectNames.chain(state.nextNumber()));
    }
  }

  private void link(ObjectInfo info, CheckedObject object) {
    try {
      object.link(state);
    } catch (CorruptObjectException e) {
      problems.add(new Problem(info.name(), e.position(), e.what()));
      breakHere();
      state.skipTo(object.header().nextNumber());
    }
    if (object.header().kind() == ObjectHeader.Kind.FENCE) {
      lastFence = object.header();
    }
  }

  private void missing(ObjectHeader later) {
    long number = state.nextNumber();
    missing(
        later.number(),
        later.number() >= number + Format.WINDOW
            || later.storedThrough() >= number
            || later.epoch() > state.epoch());
  }

  /**
   * @param certain whether the object was certainly stored once
   */
  private void missing(long later, boolean certain) {
    breakHere();
    long number = state.nextNumber();
    problems.add(
        new Problem(
            ObjectNames.chain(number),
            -1,
            "the object is missing although "
                + ObjectNames.chain(later)
                + " exists: "
                + (certain
                    ? "it was stored once and is lost"
                    : "its upload was in flight when the owner stopped (or still is), or it is lost")
                + "; recover to LSN "
                + state.lastLsn()
                + " or an earlier one"));
  }

  /** An object that the chain passes over must be one of an owner that the last fence ended. */
  private void superseded(ObjectInfo info, ObjectHeader header) {
    superseded++;
    if (lastFence == null || lastFence.number() > header.number()) {
      return; // It is passed over by a fence that could not be read, which was reported.
    }
    if (header.epoch() >= lastFence.epoch()) {
      problems.add(
          new Problem(
              info.name(),
              24,
              "the chain passes over this number, but the object is not of an earlier term than the fence "
                  + ObjectNames.chain(lastFence.number())));
    } else if (header.storedThrough() >= lastFence.number()) {
      problems.add(
          new Problem(
              ObjectNames.chain(lastFence.number()),
              -1,
              info.name()
                  + " says that another object was stored under this number before the fence: it is lost"));
    }
  }

  /**
   * Takes an object of the listing that cannot be used. Where the chain goes on is told from its
   * size.
   */
  void damaged(ObjectInfo info) throws IOException {
    long number = ObjectNames.number(info.name());
    if (number > state.nextNumber()) {
      follow();
    }
    if (number > state.nextNumber()) {
      missing(number, number >= state.nextNumber() + Format.WINDOW);
    }
    if (number < state.nextNumber()) {
      superseded++;
      return;
    }
    breakHere();
    state.skipTo(info.sizeBytes() <= FENCE_BYTES ? number + Format.WINDOW + 1 : number + 1);
  }
}
