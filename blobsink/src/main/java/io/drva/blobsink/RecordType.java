package io.drva.blobsink;

/** What a record is, and what it does to its disk. */
public enum RecordType {
  /** Data replaces the extent. */
  WRITE(1),
  /** The extent reads as zeros. */
  ZERO(2),
  /** The extent reads as zeros. */
  DISCARD(3),
  /**
   * As {@link #WRITE}: content that the disk had before it was protected. Flag bit 0 ends the
   * disk's baseline.
   */
  BASELINE(4),
  /** A host's incarnation began. */
  HOST_ATTACHED(5),
  /** A disk exists from here on, with this capacity, or grows to it. */
  DISK_OPENED(6),
  /** A host ended its session in order. */
  HOST_CLOSED(7);

  private static final RecordType[] BY_CODE = new RecordType[8];

  static {
    for (RecordType type : values()) {
      BY_CODE[type.code] = type;
    }
  }

  private final int code;

  RecordType(int code) {
    this.code = code;
  }

  /** The number that stands for the type in the object format. */
  public int code() {
    return code;
  }

  /** Whether records of this type have data. */
  public boolean hasData() {
    return this == WRITE || this == BASELINE;
  }

  /** Whether records of this type change an extent of a disk. */
  public boolean hasExtent() {
    return this == WRITE || this == ZERO || this == DISCARD || this == BASELINE;
  }

  /** Whether records of this type name a disk. */
  public boolean namesDisk() {
    return hasExtent() || this == DISK_OPENED;
  }

  /**
   * The type that a code stands for.
   *
   * @throws IllegalArgumentException when no type has the code
   */
  public static RecordType of(int code) {
    if (!isCode(code)) {
      throw new IllegalArgumentException("no record type has the code " + code);
    }
    return BY_CODE[code];
  }

  static boolean isCode(int code) {
    return code > 0 && code < BY_CODE.length;
  }
}
