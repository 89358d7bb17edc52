package io.drva.blobsink;

import java.util.UUID;

/**
 * How far a host's sequence is contained in the chain.
 *
 * @param host the host's name
 * @param incarnation the incarnation that the sequence belongs to
 * @param lastSeq the last sequence number of it that the chain holds; 0 for none
 */
public record HostPosition(String host, UUID incarnation, long lastSeq) {}
