package io.drva.blobsink;

import java.io.IOException;

/** Receives a chain, object by object in order, each already checked against all before it. */
public interface ChainVisitor {
  /** Looks at nothing: for those who want the chain's end only. */
  ChainVisitor NONE = new ChainVisitor() {};

  /**
   * The next object of the chain, a segment.
   *
   * @param index valid during the call only
   */
  default void segment(SegmentIndex index) throws IOException {}

  default void fence(ObjectHeader header) throws IOException {}

  /**
   * An object that is not part of the chain: an upload of an owner that was fenced. It was not
   * looked at.
   */
  default void superseded(ObjectInfo info) throws IOException {}

  /** Whether the walk shall go on behind what was visited so far. */
  default boolean goesOn() {
    return true;
  }
}
