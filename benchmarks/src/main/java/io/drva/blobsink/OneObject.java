package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.Optional;

/** A container in memory with one segment. */
final class OneObject implements Container {
  private final ByteBuffer object;
  private final ObjectInfo info;
  private final Optional<ObjectInfo> stat;

  OneObject(SealedSegment segment) {
    object = ByteBuffer.allocateDirect(Math.toIntExact(segment.content().lengthBytes()));
    segment.content().buffers().forEach(object::put);
    object.flip();
    info = new ObjectInfo(segment.objectName(), object.limit());
    stat = Optional.of(info);
  }

  ByteBuffer object() {
    return object;
  }

  ObjectInfo info() {
    return info;
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String location() {
    return "memory";
  }

  @Override
  public int read(String name, long offset, ByteBuffer into) {
    int count = (int) Math.min(into.remaining(), object.limit() - offset);
    into.put(into.position(), object, (int) offset, count);
    into.position(into.position() + count);
    return count;
  }

  @Override
  public Optional<ObjectInfo> stat(String name) {
    return stat;
  }

  @Override
  public void createIfAbsent() {
    throw new UnsupportedOperationException("read only");
  }

  @Override
  public PutResult put(String name, ObjectContent content) {
    throw new UnsupportedOperationException("read only");
  }

  @Override
  public void list(String prefix, ObjectVisitor visitor) {
    throw new UnsupportedOperationException("one object");
  }
}
