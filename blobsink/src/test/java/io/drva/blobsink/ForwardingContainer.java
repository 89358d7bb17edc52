package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Does what another container does; for tests that change one operation. */
public class ForwardingContainer implements Container {
  private final Container inner;

  public ForwardingContainer(Container inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public String location() {
    return inner.location();
  }

  @Override
  public void createIfAbsent() throws StoreException {
    inner.createIfAbsent();
  }

  @Override
  public PutResult put(String object, ObjectContent content) throws StoreException {
    return inner.put(object, content);
  }

  @Override
  public int read(String object, long offset, ByteBuffer into) throws StoreException {
    return inner.read(object, offset, into);
  }

  @Override
  public Optional<ObjectInfo> stat(String object) throws StoreException {
    return inner.stat(object);
  }

  @Override
  public void list(String prefix, ObjectVisitor visitor) throws IOException {
    inner.list(prefix, visitor);
  }
}
