package io.drva.logstore;

import java.util.HexFormat;

/**
 * What the log knows of a host.
 *
 * @param number the domain's number for the host, from 1
 * @param name the host's name
 * @param incarnation its current incarnation, {@value LogLimits#INCARNATION_BYTES} bytes in hex
 * @param lastSeq the last sequence number of that incarnation in the log; 0 when none
 * @param attachedLsn the LSN of the HOST_ATTACHED with which that incarnation began
 * @param closed whether the host's last record is HOST_CLOSED
 */
public record HostState(
    int number, String name, String incarnation, long lastSeq, long attachedLsn, boolean closed) {

  /** A copy of the incarnation. */
  public byte[] incarnationBytes() {
    return HexFormat.of().parseHex(incarnation);
  }
}
