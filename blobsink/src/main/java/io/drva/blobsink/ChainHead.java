package io.drva.blobsink;

import java.util.List;
import java.util.UUID;

/**
 * Where a chain ends.
 *
 * @param domainId whose chain it is; null only for an empty chain without a descriptor
 * @param nextNumber the number of the next object
 * @param lastNumber the number of the last object, 0 when there is none
 * @param epoch the term of the last object, 0 when there is none
 * @param lastLsn the last LSN in the chain, 0 when there is none
 * @param lastTimeMicros the time of the last record
 * @param lastDigest of the last object
 * @param hosts the last host table
 * @param disks the last entry of every disk, by number
 */
public record ChainHead(
    UUID domainId,
    long nextNumber,
    long lastNumber,
    long epoch,
    long lastLsn,
    long lastTimeMicros,
    Digest lastDigest,
    List<HostPosition> hosts,
    List<DiskInfo> disks) {

  /** Where every host is at the chain's end: up to there its records are replicated. */
  public HostPositions positions() {
    return new HostPositions(hosts);
  }
}
