package io.drva.blobsink;

/** Which object is being read, for messages. */
record ObjectRef(String container, String object) {
  CorruptObjectException corrupt(long position, String what) {
    return new CorruptObjectException(container, object, position, what);
  }
}
