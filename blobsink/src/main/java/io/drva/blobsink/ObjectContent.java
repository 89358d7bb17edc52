package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of an object to be created: buffers, one after the other. It holds no copy; the owner
 * of the buffers leaves them alone until {@link Container#put} has returned.
 */
public final class ObjectContent {
  private final List<ByteBuffer> buffers;
  private final long lengthBytes;

  private ObjectContent(List<ByteBuffer> buffers) {
    this.buffers = buffers;
    long sum = 0;
    for (ByteBuffer buffer : buffers) {
      sum += buffer.remaining();
    }
    this.lengthBytes = sum;
  }

  /** The bytes between position and limit of each buffer, in order. */
  public static ObjectContent of(ByteBuffer... buffers) {
    List<ByteBuffer> views = new ArrayList<>(buffers.length);
    for (ByteBuffer buffer : buffers) {
      if (buffer.hasRemaining()) {
        views.add(buffer.asReadOnlyBuffer());
      }
    }
    return new ObjectContent(views);
  }

  public long lengthBytes() {
    return lengthBytes;
  }

  /** Fresh read-only views, so that content can be read any number of times, by several threads. */
  public List<ByteBuffer> buffers() {
    List<ByteBuffer> views = new ArrayList<>(buffers.size());
    for (ByteBuffer buffer : buffers) {
      views.add(buffer.duplicate());
    }
    return views;
  }
}
