package io.drva.appliance;

/**
 * The log store volume as the control API shows it.
 *
 * @param sizeBytes what it takes of its file system; while it grows, what it has come to
 * @param usedBytes the part of it that logs hold
 * @param growingToBytes the size that it is growing to; null when it is not
 * @param growthFailure why it did not come to the size that it was last told; null when it did
 * @param failure why it stopped for good; null when it did not
 */
public record VolumeStatus(
    String path,
    long sizeBytes,
    int cycleBytes,
    long usedBytes,
    Long growingToBytes,
    String growthFailure,
    String failure) {}
