package io.drva.protocol;

/**
 * Size of a disk and its sectors, and which extents fit it.
 *
 * @param sectorBytes 512 or 4096
 * @param capacityBytes a whole number of sectors, up to 64 TiB
 */
record DiskGeometry(int sectorBytes, long capacityBytes) {
  static boolean isValid(int sectorBytes, long capacityBytes) {
    return (sectorBytes == 512 || sectorBytes == 4_096)
        && capacityBytes >= sectorBytes
        && capacityBytes <= Wire.CAPACITY_BYTES_MAX
        && capacityBytes % sectorBytes == 0;
  }

  DiskGeometry {
    if (!isValid(sectorBytes, capacityBytes)) {
      throw new IllegalArgumentException(
          "no disk has " + capacityBytes + " bytes in sectors of " + sectorBytes);
    }
  }

  /** Whether both numbers are multiples of the sector size and the length at least one sector. */
  boolean isAligned(long offsetBytes, long lengthBytes) {
    // Sector sizes are powers of two; the sign bit of a hostile offset does not matter here.
    return ((offsetBytes | lengthBytes) & (sectorBytes - 1)) == 0 && lengthBytes > 0;
  }

  /** Whether the extent ends within the disk; safe against overflow. */
  boolean contains(long offsetBytes, long lengthBytes) {
    return offsetBytes >= 0
        && lengthBytes <= capacityBytes
        && offsetBytes <= capacityBytes - lengthBytes;
  }
}
