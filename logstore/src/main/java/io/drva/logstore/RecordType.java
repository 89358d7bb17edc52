package io.drva.logstore;

/** The types of log records; 1 to 7 have the same numbers in the object format. */
public final class RecordType {

  public static final int WRITE = 1;
  public static final int ZERO = 2;
  public static final int DISCARD = 3;
  public static final int BASELINE = 4;
  public static final int HOST_ATTACHED = 5;
  public static final int DISK_OPENED = 6;
  public static final int HOST_CLOSED = 7;

  /** First record of every cycle file; has no LSN of its own and is never handed out. */
  static final int SNAPSHOT = 0x80;

  /** Last record of a run that ended in order; has no LSN of its own and is never handed out. */
  static final int SEAL = 0x81;

  private RecordType() {}

  static boolean isExtent(int type) {
    return type >= WRITE && type <= BASELINE;
  }

  static boolean hasLsn(int type) {
    return type < SNAPSHOT;
  }

  static boolean carriesDiskData(int type) {
    return type == WRITE || type == BASELINE;
  }
}
