package io.drva.blobsink;

import java.util.Arrays;
import java.util.Objects;

/**
 * Segments of a chain, each by what it takes to read its head again and to know it: 32 bytes for
 * each, because a chain has millions. Owned by one thread at a time.
 */
public final class SegmentRefs {
  private static final int FIELDS = 4;
  private static final int NUMBER = 0;
  private static final int OBJECT_BYTES = 1;
  private static final int FIRST_LSN = 2;
  private static final int HASH = 3;

  private long[] fields = new long[FIELDS * 1024];
  private int count;

  /** Adds the next segment. */
  public void add(ObjectHeader header) {
    if ((count + 1) * FIELDS > fields.length) {
      fields = Arrays.copyOf(fields, fields.length + (fields.length >> 1));
    }
    int at = count * FIELDS;
    fields[at + NUMBER] = header.number();
    fields[at + OBJECT_BYTES] = header.objectBytes();
    fields[at + FIRST_LSN] = header.firstLsn();
    fields[at + HASH] = hash(header);
    count++;
  }

  public int size() {
    return count;
  }

  long number(int index) {
    return fields[Objects.checkIndex(index, count) * FIELDS + NUMBER];
  }

  long objectBytes(int index) {
    return fields[Objects.checkIndex(index, count) * FIELDS + OBJECT_BYTES];
  }

  long firstLsn(int index) {
    return fields[Objects.checkIndex(index, count) * FIELDS + FIRST_LSN];
  }

  /** Whether this is the header of the segment, as far as 64 bits of it tell. */
  boolean isOf(int index, ObjectHeader header) {
    return fields[Objects.checkIndex(index, count) * FIELDS + HASH] == hash(header);
  }

  private static long hash(ObjectHeader header) {
    return ((long) header.hashCode() << Integer.SIZE) ^ header.indexCrc32c();
  }
}
