package io.drva.blobsink;

import java.nio.ByteBuffer;

/** A chain object as it was stored, for who wants to look into it at once. */
public final class ChainObject {
  private final ObjectHead head;

  private ChainObject(ObjectHead head) {
    this.head = head;
  }

  /** Reads and checks the head of an object. */
  public static ChainObject of(String container, String name, byte[] object)
      throws CorruptObjectException {
    return new ChainObject(
        ObjectHead.of(
            new ObjectRef(container, name), ObjectNames.number(name), ByteBuffer.wrap(object)));
  }

  public ObjectHeader header() {
    return head.header();
  }

  public boolean isSegment() {
    return head.isSegment();
  }

  /** Reads and checks a segment's index. */
  public SegmentIndex index() throws CorruptObjectException {
    return head.index(ByteBuffer.allocate(head.header().indexRawBytes()));
  }
}
