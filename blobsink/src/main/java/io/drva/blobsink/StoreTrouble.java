package io.drva.blobsink;

/**
 * Why uploads do not get on.
 *
 * @param message the last error, as an operator reads it
 * @param sinceMicros when the errors began, by the shipper's clock
 * @param attempts failed attempts since then
 */
public record StoreTrouble(String message, long sinceMicros, long attempts) {}
