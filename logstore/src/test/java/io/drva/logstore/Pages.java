package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The content of a file at one moment, in pages. Shares with an earlier one the pages that are
 * equal, so that all the moments of a file take little memory and are quickly compared.
 */
final class Pages {

  static final int PAGE_BYTES = 4096;
  static final Pages EMPTY = new Pages(List.of(), 0);

  private static final int READ_BYTES = 1 << 20;
  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  private final List<byte[]> pages;
  private final long sizeBytes;

  private Pages(List<byte[]> pages, long sizeBytes) {
    this.pages = pages;
    this.sizeBytes = sizeBytes;
  }

  /** What the file holds now. */
  static Pages read(FileChannel channel, Pages earlier) throws IOException {
    long size = channel.size();
    int count = Math.toIntExact((size + PAGE_BYTES - 1) / PAGE_BYTES);
    List<byte[]> pages = new ArrayList<>(count);
    byte[] block = new byte[Math.min(READ_BYTES, count * PAGE_BYTES)];
    for (int index = 0; index < count; index++) {
      int start = index * PAGE_BYTES % READ_BYTES;
      if (start == 0) {
        fill(block, channel, (long) index * PAGE_BYTES);
      }
      pages.add(shared(block, start, earlier.page(index)));
    }
    return new Pages(pages, size);
  }

  /** What one page of the file holds now. */
  static byte[] readPage(FileChannel channel, int index, byte[] earlier) throws IOException {
    byte[] page = new byte[PAGE_BYTES];
    fill(page, channel, (long) index * PAGE_BYTES);
    return shared(page, 0, earlier);
  }

  /** Reads until the block is full or the file ends; the rest of the block becomes zeros. */
  static void fill(byte[] block, FileChannel channel, long at) throws IOException {
    ByteBuffer into = ByteBuffer.wrap(block);
    int count = 0;
    while (into.hasRemaining() && count >= 0) {
      count = channel.read(into, at + into.position());
    }
    Arrays.fill(block, into.position(), block.length, (byte) 0);
  }

  private static byte[] shared(byte[] block, int start, byte[] earlier) {
    int end = start + PAGE_BYTES;
    if (Arrays.equals(block, start, end, earlier, 0, PAGE_BYTES)) {
      return earlier;
    }
    return isZeros(block, start) ? ZEROS : Arrays.copyOfRange(block, start, end);
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** How many pages the file has, the last one perhaps in part. */
  int count() {
    return pages.size();
  }

  /** The page, zeros behind the end of the file; not to be changed. */
  byte[] page(int index) {
    return index < pages.size() ? pages.get(index) : ZEROS;
  }

  static boolean isZeros(byte[] block, int start) {
    return Arrays.equals(block, start, start + PAGE_BYTES, ZEROS, 0, PAGE_BYTES);
  }
}
