package io.drva.blobsink;

import java.util.regex.Pattern;

/**
 * The constants of the object format, version 1, named as in {@code docs/object-format.md}. Lengths
 * are in bytes.
 */
public final class Format {
  /** The version that this code writes, and the highest it reads. */
  public static final int VERSION = 1;

  /**
   * W: an owner writes the numbers k to k + W - 1 only, where k is the first that it does not know
   * to be stored.
   */
  public static final int WINDOW = 16;

  public static final int HEADER_BYTES = 256;
  public static final int FOOTER_BYTES = 64;
  public static final int DESCRIPTOR_BYTES = 512;
  public static final int CHUNK_ENTRY_BYTES = 32;
  public static final int RECORD_ENTRY_BYTES = 40;

  /** The longest data of a record. */
  public static final int RECORD_DATA_BYTES_MAX = 1 << 20;

  /** The longest raw chunk. */
  public static final int CHUNK_RAW_BYTES_MAX = 1 << 20;

  /** The most records in a segment. */
  public static final int RECORDS_MAX = 1 << 16;

  /** The longest raw index. */
  public static final int INDEX_RAW_BYTES_MAX = 8 << 20;

  /** The longest object. */
  public static final int OBJECT_BYTES_MAX = 64 << 20;

  /** The most disks of a domain, and the most hosts. */
  public static final int NAMES_MAX = 65_535;

  /** The largest capacity of a disk: 64 TiB. */
  public static final long CAPACITY_BYTES_MAX = 1L << 46;

  /** Offsets and lengths of extents are multiples of this at least. */
  public static final int SECTOR_BYTES = 512;

  /** The sector size of disks that are not of {@link #SECTOR_BYTES}. */
  public static final int SECTOR_BYTES_LARGE = 4096;

  static final long MAGIC_DESCRIPTOR = 0x44525641_444F4D31L; // DRVADOM1
  static final long MAGIC_CHAIN = 0x44525641_43484E31L; // DRVACHN1
  static final long MAGIC_FOOTER = 0x44525641_454E4431L; // DRVAEND1

  static final int CODEC_STORED = 0;
  static final int CODEC_LZ4 = 1;
  static final int NO_CHUNK = -1;
  static final int NO_DISK = 0xFFFF;
  static final int FLAG_BASELINE_LAST = 1;

  static final int NAME_BYTES_MAX = 128;
  static final int DISK_ENTRY_FIXED_BYTES = 4 + 4 + 8 + 1;
  static final int HOST_ENTRY_FIXED_BYTES = 16 + 8;

  /** The longest entry of the disk table: two names, each with its count. */
  static final int DISK_ENTRY_BYTES_MAX = DISK_ENTRY_FIXED_BYTES + 2 * (1 + NAME_BYTES_MAX);

  /** The longest entry of the host table. */
  static final int HOST_ENTRY_BYTES_MAX = HOST_ENTRY_FIXED_BYTES + 1 + NAME_BYTES_MAX;

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private Format() {}

  /**
   * Whether this can be the name of a host, a VM or a disk. Such a name is also safe within a file
   * name.
   */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }
}
