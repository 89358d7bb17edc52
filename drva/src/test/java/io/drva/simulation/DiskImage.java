package io.drva.simulation;

import java.util.Arrays;

/** A protected disk, and what it must look like after what the chain holds so far. */
final class DiskImage {
  private final String vm;
  private final String name;
  private final int sectorBytes;

  /** What its host says of it when it opens it next. */
  private long capacityBytes;

  private byte[] content = {};

  DiskImage(String vm, String name, int sectorBytes, long capacityBytes) {
    this.vm = vm;
    this.name = name;
    this.sectorBytes = sectorBytes;
    this.capacityBytes = capacityBytes;
  }

  String vm() {
    return vm;
  }

  String name() {
    return name;
  }

  int sectorBytes() {
    return sectorBytes;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  void grow(long bytes) {
    capacityBytes += bytes;
  }

  /** The chain says that the disk has this capacity from here on. */
  void opened(long bytes) {
    content = Arrays.copyOf(content, Math.toIntExact(bytes));
  }

  /** The chain holds this change next. */
  void apply(Change change) {
    int from = Math.toIntExact(change.offsetBytes());
    if (change.hasData()) {
      System.arraycopy(change.data(), 0, content, from, change.lengthBytes());
    } else {
      Arrays.fill(content, from, from + change.lengthBytes(), (byte) 0);
    }
  }

  boolean isKnown() {
    return content.length > 0;
  }

  byte[] content() {
    return content;
  }

  @Override
  public String toString() {
    return vm + "/" + name;
  }
}
