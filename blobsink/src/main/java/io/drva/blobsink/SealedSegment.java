package io.drva.blobsink;

import java.io.Closeable;

/**
 * A segment ready to be stored. Owns its buffer, until it is closed or discarded: then the content
 * is gone.
 */
final class SealedSegment implements Closeable {
  private final ObjectHeader header;
  private final Digest digest;
  private final ObjectContent content;
  private final HostPositions positions;
  private final SegmentBuffers.Buffer buffer;

  SealedSegment(
      ObjectHeader header,
      Digest digest,
      ObjectContent content,
      HostPositions positions,
      SegmentBuffers.Buffer buffer) {
    this.header = header;
    this.digest = digest;
    this.content = content;
    this.positions = positions;
    this.buffer = buffer;
  }

  ObjectHeader header() {
    return header;
  }

  Digest digest() {
    return digest;
  }

  ObjectContent content() {
    return content;
  }

  /** Where all hosts are at the segment's end. */
  HostPositions positions() {
    return positions;
  }

  String objectName() {
    return ObjectNames.chain(header.number());
  }

  /** To be used when the content was stored, or never handed out. */
  @Override
  public void close() {
    buffer.close();
  }

  /** To be used when somebody may still read the content. */
  void discard() {
    buffer.discard();
  }
}
