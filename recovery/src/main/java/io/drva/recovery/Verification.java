package io.drva.recovery;

import java.util.List;

/**
 * What a verification found.
 *
 * @param objects objects looked at
 * @param bytes their bytes, every one of which was read
 * @param chainObjects those that are in the chain
 * @param superseded those that are not, being uploads of owners that were fenced
 * @param lastLsn up to which LSN the chain is there and sound
 * @param problems everything that is wrong, in the order of the objects' names
 * @param notes what is unusual but harms nothing
 */
public record Verification(
    long objects,
    long bytes,
    long chainObjects,
    long superseded,
    long lastLsn,
    List<Problem> problems,
    List<String> notes) {
  /** Whether everything is as it must be. */
  public boolean isSound() {
    return problems.isEmpty();
  }
}
