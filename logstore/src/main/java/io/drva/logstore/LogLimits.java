package io.drva.logstore;

/** Every limit of the log store, in one place. */
public final class LogLimits {

  /** The most data that one record carries, bytes. */
  public static final int DATA_BYTES_MAX = 1 << 20;

  /** The longest domain, host, VM or disk name, bytes of ASCII. */
  public static final int NAME_BYTES_MAX = 128;

  /** The exact length of a host's incarnation, bytes. */
  public static final int INCARNATION_BYTES = 16;

  /** Host numbers of a domain run from 1 to this. */
  public static final int HOSTS_MAX = 256;

  /** Disk numbers of a domain run from 1 to this. */
  public static final int DISKS_MAX = 1024;

  /** The smallest and largest cycle file that a volume may be created with, and the default. */
  public static final int CYCLE_BYTES_MIN = 4 << 20;

  public static final int CYCLE_BYTES_MAX = 1 << 30;
  public static final int CYCLE_BYTES_DEFAULT = 64 << 20;

  /** A volume holds at least this many cycle files. */
  public static final int CYCLES_MIN = 4;

  /** And at most so many: 1 TiB in files of the default size, 16 TiB in the largest. */
  public static final int CYCLES_MAX = 1 << 14;

  /**
   * A volume takes a new domain only while it has this many cycle files per domain: a domain always
   * keeps its newest file, and must be able to start the next one before it gives that up.
   */
  public static final int CYCLES_PER_DOMAIN_MIN = 2;

  /**
   * The part of a cycle file's share of the budget that pays for what lies beside its records: the
   * run's Chronicle metadata file and the file system's own blocks, bytes.
   */
  static final int CYCLE_OVERHEAD_BYTES = 128 << 10;

  /**
   * Kept free at the end of each cycle file for the SEAL record and Chronicle's end mark, bytes.
   */
  static final int CYCLE_TAIL_BYTES = 512;

  /** What a scanner reads at a time, bytes: more than two of the largest records. */
  static final int SCAN_WINDOW_BYTES = 4 << 20;

  private LogLimits() {}
}
