package io.drva.blobsink;

/** What a create-if-absent found. */
public enum PutResult {
  /** The object did not exist, and now does with exactly the given content, durably. */
  CREATED,
  /**
   * An object of that name exists, durably, with content that this call did not look at. It may be
   * the caller's own: an earlier attempt whose answer was lost.
   */
  EXISTS
}
