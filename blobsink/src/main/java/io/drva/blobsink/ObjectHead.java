package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Header and stored index of a chain object, as far as they prove themselves: the header is checked
 * and fits the object's size, the index is still as it was stored.
 */
final class ObjectHead {
  /** What the first read of an object asks for, bytes; most indexes fit. */
  static final int FIRST_READ_BYTES = 64 << 10;

  private final ObjectRef ref;
  private final ObjectHeader header;
  private final ByteBuffer bytes;

  private ObjectHead(ObjectRef ref, ObjectHeader header, ByteBuffer bytes) {
    this.ref = ref;
    this.header = header;
    this.bytes = bytes;
  }

  /** Reads the head of an object in one ranged read, or two when its index is long. */
  static ObjectHead read(Container container, long number, long sizeBytes) throws IOException {
    String name = ObjectNames.chain(number);
    ObjectRef ref = new ObjectRef(container.location(), name);
    ByteBuffer first = ByteBuffer.allocate((int) Math.min(FIRST_READ_BYTES, sizeBytes));
    container.readFully(name, 0, first);
    first.flip();
    ObjectHeader header = parseHeader(ref, first, number, sizeBytes);
    int headBytes = Math.toIntExact(header.dataOffset());
    if (headBytes <= first.limit()) {
      return new ObjectHead(ref, header, first.limit(headBytes));
    }
    ByteBuffer all = ByteBuffer.allocate(headBytes).put(first);
    container.readFully(name, first.limit(), all);
    return new ObjectHead(ref, header, all.flip());
  }

  /** Takes the head from a buffer that holds a whole object from index 0 to its limit. */
  static ObjectHead of(ObjectRef ref, long number, ByteBuffer object)
      throws CorruptObjectException {
    ObjectHeader header = parseHeader(ref, object, number, object.limit());
    return new ObjectHead(
        ref, header, object.duplicate().position(0).limit((int) header.dataOffset()));
  }

  /** The same with memory of its own, so that the object's can go. */
  ObjectHead detached() {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
    return new ObjectHead(ref, header, copy);
  }

  private static ObjectHeader parseHeader(
      ObjectRef ref, ByteBuffer start, long number, long sizeBytes) throws CorruptObjectException {
    ObjectHeader header = ObjectHeader.parse(ref, start, number);
    if (header.objectBytes() != sizeBytes) {
      throw ref.corrupt(
          Math.min(header.objectBytes(), sizeBytes),
          "the object has " + sizeBytes + " bytes, its header says " + header.objectBytes());
    }
    return header;
  }

  ObjectRef ref() {
    return ref;
  }

  ObjectHeader header() {
    return header;
  }

  Digest digest() {
    return Digest.of(bytes);
  }

  boolean isSegment() {
    return header.kind() == ObjectHeader.Kind.SEGMENT;
  }

  /**
   * Decodes and checks a segment's index.
   *
   * @param scratch what the index lives in as long as it is used
   */
  SegmentIndex index(ByteBuffer scratch) throws CorruptObjectException {
    return SegmentIndex.parse(
        ref, header, bytes.duplicate().position(Format.HEADER_BYTES), scratch);
  }
}
