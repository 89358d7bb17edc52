package io.drva.blobsink;

import java.util.UUID;

/**
 * Where a sealed segment goes in the chain.
 *
 * @param storedThrough the chain up to this number is known to be stored
 * @param createdMicros the owner's clock
 */
record SegmentPlace(
    UUID domainId,
    long number,
    long epoch,
    long storedThrough,
    Digest previousDigest,
    long createdMicros) {}
