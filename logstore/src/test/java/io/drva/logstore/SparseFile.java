package io.drva.logstore;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A new file of a given size, to be filled page by page; pages of zeros take no space. */
final class SparseFile implements AutoCloseable {

  private static final int WRITE_PAGES = 64;

  private final RandomAccessFile file;
  private final long sizeBytes;
  private final byte[] run = new byte[WRITE_PAGES * Pages.PAGE_BYTES];
  private int runStart;
  private int runPages;

  SparseFile(Path path, long sizeBytes) throws IOException {
    this.file = new RandomAccessFile(path.toFile(), "rw");
    this.sizeBytes = sizeBytes;
    file.setLength(sizeBytes);
  }

  /** Whether a part of the page is below the size. */
  boolean has(int index) {
    return (long) index * Pages.PAGE_BYTES < sizeBytes;
  }

  /** Pages must come in order. */
  void put(int index, byte[] page) throws IOException {
    if (!Pages.isZeros(page, 0)) {
      put(index, page, 0);
    }
  }

  private void put(int index, byte[] block, int start) throws IOException {
    if (runPages == WRITE_PAGES || index != runStart + runPages) {
      flush();
      runStart = index;
    }
    System.arraycopy(block, start, run, runPages * Pages.PAGE_BYTES, Pages.PAGE_BYTES);
    runPages++;
  }

  /** Fills the file with all of another. */
  void copy(FileChannel from) throws IOException {
    byte[] block = new byte[WRITE_PAGES * Pages.PAGE_BYTES];
    for (long at = 0; at < sizeBytes; at += block.length) {
      Pages.fill(block, from, at);
      for (int start = 0; start < block.length; start += Pages.PAGE_BYTES) {
        int index = Math.toIntExact((at + start) / Pages.PAGE_BYTES);
        if (has(index) && !Pages.isZeros(block, start)) {
          put(index, block, start);
        }
      }
    }
  }

  private void flush() throws IOException {
    long at = (long) runStart * Pages.PAGE_BYTES;
    file.seek(at);
    file.write(run, 0, (int) Math.min((long) runPages * Pages.PAGE_BYTES, sizeBytes - at));
    runPages = 0;
  }

  @Override
  public void close() throws IOException {
    try (file) {
      flush();
    }
  }
}
