package io.drva.protocol;

/** The codes of an ERROR frame, as section 7 of the specification lists them. */
public enum ErrorCode {
  /** What a later version says and this one does not know. Never sent. */
  UNKNOWN(0, true),
  BAD_MAGIC(1, false),
  BAD_CHECKSUM(2, true),
  BAD_DATA_CHECKSUM(3, true),
  FRAME_TOO_LARGE(4, false),
  UNKNOWN_TYPE(5, false),
  MALFORMED(6, false),
  WRONG_STATE(7, false),
  UNSUPPORTED(8, false),
  VERSION_MISMATCH(9, false),
  UNKNOWN_DOMAIN(10, true),
  BAD_NAME(11, false),
  SEQUENCE_GAP(12, false),
  BAD_STREAM(13, false),
  STREAM_CLAIMED(14, true),
  DISK_MISMATCH(15, false),
  OUT_OF_RANGE(16, false),
  MISALIGNED(17, false),
  LIMIT(18, true),
  SUPERSEDED(19, false),
  IDLE_TIMEOUT(20, true),
  VOLUME_FAILED(21, true),
  SHUTTING_DOWN(22, true),
  INTERNAL(23, true),
  FORBIDDEN(24, false),
  OVERTAKEN(25, true);

  private static final ErrorCode[] BY_CODE = byCode();

  private final int code;
  private final boolean mayRetry;

  ErrorCode(int code, boolean mayRetry) {
    this.code = code;
    this.mayRetry = mayRetry;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /**
   * Whether a client that gets this error comes back by itself. If not, the same bytes would fail
   * again: it stops and reports.
   */
  public boolean mayRetry() {
    return mayRetry;
  }

  /** The error with this number, or {@link #UNKNOWN}. */
  static ErrorCode of(int code) {
    return code < BY_CODE.length ? BY_CODE[code] : UNKNOWN;
  }

  private static ErrorCode[] byCode() {
    ErrorCode[] values = values();
    ErrorCode[] byCode = new ErrorCode[values.length];
    for (ErrorCode value : values) {
      byCode[value.code] = value;
    }
    return byCode;
  }
}
