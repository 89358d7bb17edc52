package io.drva.blobsink;

/**
 * An object that is missing although the container holds later ones.
 *
 * @param missing its name
 * @param evidence the name of a later object
 * @param certain whether the missing object was certainly stored once, and so was lost; otherwise
 *     later uploads may just have been in flight when their owner stopped, or may be in flight now
 * @param intactLsn the last LSN before the gap: up to it everything is intact
 */
public record ChainGap(String missing, String evidence, boolean certain, long intactLsn) {
  /** What happened and what can be done, in one sentence. */
  public String describe() {
    return "the object is missing although "
        + evidence
        + " exists: "
        + (certain
            ? "it was stored once and is lost"
            : "its upload was in flight when the owner stopped (or still is), or it is lost");
  }
}
