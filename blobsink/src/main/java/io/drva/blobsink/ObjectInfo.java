package io.drva.blobsink;

/**
 * One object of a listing.
 *
 * @param name the object's name within its container
 * @param sizeBytes its length
 */
public record ObjectInfo(String name, long sizeBytes) {}
