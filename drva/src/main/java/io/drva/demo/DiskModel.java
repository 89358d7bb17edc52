package io.drva.demo;

import io.drva.blobsink.DirectIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What a disk must look like: the version of every sector, kept for the regions that were written.
 * Not safe for use by several threads at once.
 */
public final class DiskModel {
  private static final int REGION_SECTORS = 2048;
  private static final int READ_BYTES = REGION_SECTORS * Payload.SECTOR_BYTES;

  private final int disk;
  private final String vm;
  private final String name;
  private final long capacityBytes;
  private final Map<Long, int[]> regions = new HashMap<>();

  DiskModel(int disk, String vm, String name, long capacityBytes) {
    this.disk = disk;
    this.vm = vm;
    this.name = name;
    this.capacityBytes = capacityBytes;
  }

  int disk() {
    return disk;
  }

  String vm() {
    return vm;
  }

  String name() {
    return name;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  /** Notes that the extent now has the content of {@code version}; version 0 is zeros. */
  void written(long offsetBytes, long lengthBytes, int version) {
    long sector = offsetBytes / Payload.SECTOR_BYTES;
    long end = (offsetBytes + lengthBytes) / Payload.SECTOR_BYTES;
    while (sector < end) {
      int[] versions =
          regions.computeIfAbsent(sector / REGION_SECTORS, r -> new int[REGION_SECTORS]);
      int from = (int) (sector % REGION_SECTORS);
      int to = (int) Math.min(REGION_SECTORS, from + end - sector);
      Arrays.fill(versions, from, to, version);
      sector += to - from;
    }
  }

  /**
   * Compares the whole image, unwritten regions included.
   *
   * @return the byte offset of the first sector that differs, -1 if all is equal
   */
  long firstDifference(Path image) throws IOException {
    long sizeBytes = Files.size(image);
    if (sizeBytes != capacityBytes) {
      return Math.min(sizeBytes, capacityBytes);
    }
    try (FileChannel channel = openUncached(image)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES + 4096).alignedSlice(4096);
      int[] unwritten = new int[REGION_SECTORS];
      for (long offset = 0; offset < capacityBytes; offset += READ_BYTES) {
        int length = (int) Math.min(READ_BYTES, capacityBytes - offset);
        buffer.clear();
        while (buffer.position() < length) {
          if (channel.read(buffer, offset + buffer.position()) < 0) {
            return offset + buffer.position();
          }
        }
        long firstSector = offset / Payload.SECTOR_BYTES;
        int[] versions = regions.getOrDefault(firstSector / REGION_SECTORS, unwritten);
        for (int s = 0; s < length / Payload.SECTOR_BYTES; s++) {
          int position = s * Payload.SECTOR_BYTES;
          if (!Payload.matches(buffer, position, disk, firstSector + s, versions[s])) {
            return offset + position;
          }
        }
      }
      return -1;
    }
  }

  /**
   * Reads around the page cache where the file system can: an image is read once, and its holes
   * need no pages.
   */
  private static FileChannel openUncached(Path image) throws IOException {
    try {
      if (DirectIo.option().isPresent()) {
        return FileChannel.open(image, StandardOpenOption.READ, DirectIo.option().get());
      }
    } catch (UnsupportedOperationException | FileSystemException e) {
      // Through the page cache, then.
    }
    return FileChannel.open(image, StandardOpenOption.READ);
  }
}
