package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A container of an object store: named, immutable objects, created only if absent. All methods
 * block, and may be called from several threads at once.
 */
public interface Container {
  /** The container's name, which is the domain's. */
  String name();

  /** Where this container is, for messages. Never holds credentials. */
  String location();

  /**
   * Creates the container when it does not exist, and a directory store with it. For the owner of a
   * domain; readers have no need of it.
   */
  void createIfAbsent() throws StoreException;

  /**
   * Creates an object, if no object has that name. When this returns, the object with that name is
   * durable.
   *
   * @param object the name
   * @param content read during the call only, but possibly more than once
   */
  PutResult put(String object, ObjectContent content) throws StoreException;

  /**
   * Reads a range until the buffer is full or the object ends.
   *
   * @param offset where to start, bytes; at or beyond the object's end nothing is read
   * @param into filled from its position on, which advances
   * @return the bytes read; fewer than the buffer had room for only when the object ends there
   * @throws StoreException with {@link StoreException.Reason#NOT_FOUND} when there is no such
   *     object
   */
  int read(String object, long offset, ByteBuffer into) throws StoreException;

  /** The object's size, or empty when there is none of that name. */
  Optional<ObjectInfo> stat(String object) throws StoreException;

  /**
   * Lists the objects whose name starts with the prefix, in name order, page by page. An object
   * that is created or removed meanwhile may or may not be listed.
   *
   * @throws StoreException with {@link StoreException.Reason#NOT_FOUND} when the container does not
   *     exist
   */
  void list(String prefix, ObjectVisitor visitor) throws IOException;

  /**
   * Reads a range that must be there.
   *
   * @throws CorruptObjectException when the object ends before the range does
   */
  default void readFully(String object, long offset, ByteBuffer into) throws IOException {
    int wanted = into.remaining();
    int got = read(object, offset, into);
    if (got != wanted) {
      throw new CorruptObjectException(
          location(),
          object,
          offset + got,
          "the object ends here, " + (wanted - got) + " bytes early");
    }
  }

  /**
   * Reads a whole object.
   *
   * @param bytesMax the most that is read
   * @return a new heap buffer
   * @throws CorruptObjectException when the object is longer than that
   */
  default ByteBuffer readAll(String object, int bytesMax) throws IOException {
    ObjectInfo info =
        stat(object)
            .orElseThrow(
                () ->
                    StoreException.of(
                        StoreException.Reason.NOT_FOUND,
                        "read",
                        this,
                        object,
                        -1,
                        "there is no such object",
                        null));
    if (info.sizeBytes() > bytesMax) {
      throw new CorruptObjectException(
          location(),
          object,
          bytesMax,
          "the object is " + info.sizeBytes() + " bytes long, at most " + bytesMax);
    }
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(info.sizeBytes()));
    readFully(object, 0, all);
    return all.flip();
  }
}
