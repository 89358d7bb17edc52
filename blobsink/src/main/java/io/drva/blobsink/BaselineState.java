package io.drva.blobsink;

/** How far the initial copy of a disk is. */
public enum BaselineState {
  /** No baseline was ever begun. */
  NEVER_BEGUN(0),
  /** Begun and not ended: the disk has no recovery points. */
  RUNNING(1),
  /** Ended. */
  COMPLETE(2);

  private final int code;

  BaselineState(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static boolean isCode(int code) {
    return code >= 0 && code <= COMPLETE.code;
  }

  static BaselineState of(int code) {
    return switch (code) {
      case 0 -> NEVER_BEGUN;
      case 1 -> RUNNING;
      case 2 -> COMPLETE;
      default -> throw new IllegalArgumentException("no baseline state has the code " + code);
    };
  }
}
