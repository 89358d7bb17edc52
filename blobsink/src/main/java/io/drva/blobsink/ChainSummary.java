package io.drva.blobsink;

import java.util.Optional;

/**
 * What a walk along a chain found.
 *
 * @param descriptor the container's, when it has one
 * @param head where the chain ends
 * @param gap set when objects exist beyond that
 * @param objects objects in the chain
 */
public record ChainSummary(
    Optional<DomainDescriptor> descriptor, ChainHead head, Optional<ChainGap> gap, long objects) {}
