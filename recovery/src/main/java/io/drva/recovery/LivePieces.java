package io.drva.recovery;

import java.util.Arrays;

/**
 * The parts of one segment's data that are still to be written, as columns: where each part is in
 * its raw chunk and on its disk, and the record that it belongs to. Grown as needed up to {@link
 * #PIECES_MAX}. Owned by one thread at a time.
 */
final class LivePieces {
  /** More than that are handed on in several lots. */
  static final int PIECES_MAX = 1 << 17;

  private static final int PIECES_FIRST = 1 << 10;

  int count;
  int[] record = new int[PIECES_FIRST];
  long[] diskOffset = new long[PIECES_FIRST];
  int[] lengthBytes = new int[PIECES_FIRST];

  void add(int ofRecord, long offset, int length) {
    if (count == record.length) {
      record = Arrays.copyOf(record, count * 2);
      diskOffset = Arrays.copyOf(diskOffset, count * 2);
      lengthBytes = Arrays.copyOf(lengthBytes, count * 2);
    }
    record[count] = ofRecord;
    diskOffset[count] = offset;
    lengthBytes[count] = length;
    count++;
  }

  boolean isFull() {
    return count >= PIECES_MAX;
  }

  void clear() {
    count = 0;
  }
}
