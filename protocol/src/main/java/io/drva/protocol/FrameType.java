package io.drva.protocol;

/** The frame types of version 1, as section 5 of the specification lists them. */
public enum FrameType {
  HELLO(0x01, 31, Wire.FIELDS_BYTES_MAX),
  WELCOME(0x02, 48, Wire.FIELDS_BYTES_MAX),
  OPEN(0x03, 18, Wire.FIELDS_BYTES_MAX),
  OPENED(0x04, 8),
  WRITE(0x10, Wire.EXTENT_FIELDS_BYTES),
  ZERO(0x11, Wire.EXTENT_FIELDS_BYTES),
  DISCARD(0x12, Wire.EXTENT_FIELDS_BYTES),
  BASELINE(0x13, Wire.EXTENT_FIELDS_BYTES),
  ACK(0x20, 16),
  CREDIT(0x21, 4),
  PRESSURE(0x22, 4),
  CHECKPOINT_PREPARE(0x30, 12),
  CHECKPOINT_READY(0x31, 16),
  CHECKPOINT_COMMIT(0x32, 12),
  RESYNC_BEGIN(0x40, 20),
  RESYNC_END(0x41, 20),
  PING(0x50, 8),
  PONG(0x51, 24),
  CLOSE(0x60, 4),
  ERROR(0x61, 20, Wire.FIELDS_BYTES_MAX);

  private static final FrameType[] BY_CODE = byCode();

  private final int code;
  private final int fieldsBytesMin;
  private final int fieldsBytesMax;

  FrameType(int code, int fieldsBytes) {
    this(code, fieldsBytes, fieldsBytes);
  }

  FrameType(int code, int fieldsBytesMin, int fieldsBytesMax) {
    this.code = code;
    this.fieldsBytesMin = fieldsBytesMin;
    this.fieldsBytesMax = fieldsBytesMax;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** Whether the frame is a change of a disk: it travels as an {@link ExtentFrame}. */
  public boolean isExtent() {
    return this == WRITE || this == ZERO || this == DISCARD || this == BASELINE;
  }

  /** Whether the frame may carry data. */
  public boolean hasData() {
    return this == WRITE || this == BASELINE;
  }

  /**
   * Bit of this type in a set of types, in memory only: the number on the wire is {@link #code()}.
   */
  @SuppressWarnings("EnumOrdinal")
  int bit() {
    return 1 << ordinal();
  }

  /** The type with this number, or null if the specification has none. */
  static FrameType of(int code) {
    return BY_CODE[code];
  }

  /**
   * Checks what can be known of a frame's fields from their length and the flags alone.
   *
   * @throws ProtocolException {@link ErrorCode#MALFORMED}
   */
  void checkShape(int flags, int fieldsBytes) throws ProtocolException {
    if (fieldsBytes < fieldsBytesMin || fieldsBytes > fieldsBytesMax) {
      throw new ProtocolException(
          ErrorCode.MALFORMED,
          this + " has " + fieldsBytes + " bytes of fields, not " + fieldsBytesMin);
    }
    int flagsAllowed = this == BASELINE ? Wire.FLAG_LAST : 0;
    if ((flags & ~flagsAllowed) != 0) {
      throw new ProtocolException(
          ErrorCode.MALFORMED, this + " has flags 0x" + Integer.toHexString(flags));
    }
  }

  private static FrameType[] byCode() {
    FrameType[] byCode = new FrameType[256];
    for (FrameType type : values()) {
      byCode[type.code] = type;
    }
    return byCode;
  }
}
