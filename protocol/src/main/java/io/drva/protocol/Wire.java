package io.drva.protocol;

/**
 * Constants of the wire format.
 *
 * <pre>
 *  0        4            8      9       10             12           16
 *  +--------+------------+------+-------+--------------+------------+---------- - - -+------ - -
 *  | magic  | headCrc32c | type | flags | fieldsLength | dataLength | fields         | data
 *  +--------+------------+------+-------+--------------+------------+---------- - - -+------ - -
 *                        |&lt;------------- covered by headCrc32c ------------------&gt;|
 * </pre>
 */
final class Wire {
  /** {@code DRV1}. */
  static final int MAGIC = 0x44525631;

  /** The only protocol version that this package speaks. */
  static final int VERSION = 1;

  static final int CRC_AT = 4;
  static final int TYPE_AT = 8;
  static final int FLAGS_AT = 9;
  static final int FIELDS_LENGTH_AT = 10;
  static final int DATA_LENGTH_AT = 12;

  /** Bytes before the fields. */
  static final int HEAD_BYTES = 16;

  static final int FIELDS_BYTES_MAX = 1_024;

  /** Bounds of what a server may announce as the largest data of one frame. */
  static final int DATA_BYTES_MAX_LOWEST = 4_096;

  static final int DATA_BYTES_MAX_HIGHEST = 1 << 20;

  /** What both ends of this implementation choose by default. */
  static final int DATA_BYTES_MAX_USUAL = 256 << 10;

  static final int EXTENT_FIELDS_BYTES = 36;

  /** What a frame costs of the window before its data. */
  static final int EXTENT_HEAD_BYTES = HEAD_BYTES + EXTENT_FIELDS_BYTES;

  /** Flag of BASELINE: the end of this disk's baseline. */
  static final int FLAG_LAST = 1;

  /** The largest disk, 64 TiB. */
  static final long CAPACITY_BYTES_MAX = 1L << 46;

  static final int SOFTWARE_BYTES_MAX = 64;
  static final int ERROR_MESSAGE_BYTES_MAX = 512;

  private Wire() {}
}
