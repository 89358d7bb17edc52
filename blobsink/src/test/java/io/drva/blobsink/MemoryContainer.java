package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A container in memory, whose objects a test can damage. */
public final class MemoryContainer implements Container {
  private final String name;
  private final ConcurrentNavigableMap<String, byte[]> objects = new ConcurrentSkipListMap<>();

  public MemoryContainer(String name) {
    this.name = name;
  }

  /** A container with the same objects; damage to one does not show in the other. */
  public MemoryContainer copy() {
    MemoryContainer copy = new MemoryContainer(name);
    objects.forEach((object, bytes) -> copy.objects.put(object, bytes.clone()));
    return copy;
  }

  /** Copies all objects of another container. */
  public static MemoryContainer of(Container from) throws IOException {
    MemoryContainer copy = new MemoryContainer(from.name());
    from.list(
        "",
        info -> {
          copy.objects.put(info.name(), from.readAll(info.name(), Format.OBJECT_BYTES_MAX).array());
          return true;
        });
    return copy;
  }

  /** The objects themselves, to be damaged. */
  public Map<String, byte[]> objects() {
    return objects;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String location() {
    return "memory:" + name;
  }

  @Override
  public void createIfAbsent() {}

  @Override
  public PutResult put(String object, ObjectContent content) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(content.lengthBytes()));
    content.buffers().forEach(bytes::put);
    return objects.putIfAbsent(object, bytes.array()) == null
        ? PutResult.CREATED
        : PutResult.EXISTS;
  }

  @Override
  public int read(String object, long offset, ByteBuffer into) throws StoreException {
    byte[] bytes = objects.get(object);
    if (bytes == null) {
      throw StoreException.of(
          StoreException.Reason.NOT_FOUND,
          "read",
          this,
          object,
          offset,
          "there is no such object",
          null);
    }
    int from = (int) Math.min(offset, bytes.length);
    int count = Math.min(into.remaining(), bytes.length - from);
    into.put(bytes, from, count);
    return count;
  }

  @Override
  public Optional<ObjectInfo> stat(String object) {
    return Optional.ofNullable(objects.get(object))
        .map(bytes -> new ObjectInfo(object, bytes.length));
  }

  @Override
  public void list(String prefix, ObjectVisitor visitor) throws IOException {
    for (Map.Entry<String, byte[]> object : objects.tailMap(prefix).entrySet()) {
      boolean matches = object.getKey().startsWith(prefix);
      if (!matches || !visitor.object(new ObjectInfo(object.getKey(), object.getValue().length))) {
        return;
      }
    }
  }
}
