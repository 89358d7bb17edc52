package io.drva.blobsink;

import java.io.IOException;

/** Receives a listing, object by object, in name order. */
@FunctionalInterface
public interface ObjectVisitor {
  /**
   * Takes the next object.
   *
   * @return whether the listing shall go on
   */
  boolean object(ObjectInfo info) throws IOException;
}
