package io.drva.kill;

/** What a kill aims at: a system call, of some threads or on some files. */
enum Target {
  STARTING_MKDIR(Where.ANYWHERE, "", "mkdir", 4),
  STARTING_RENAME(Where.ANYWHERE, "", "rename", 4),
  STARTING_FDATASYNC(Where.ANYWHERE, "", "fdatasync", 6),
  STARTING_FSYNC(Where.ANYWHERE, "", "fsync", 16),
  STARTING_PWRITE(Where.ANYWHERE, "", "pwrite64", 12),
  STARTING_LINK(Where.ANYWHERE, "", "link", 2),
  STARTING_UNLINK(Where.ANYWHERE, "", "unlink", 8),
  LOG_PWRITE(Where.THREADS, "log-", "pwrite64", 100),
  LOG_RENAME(Where.THREADS, "log-", "rename", 4),
  FORCE_FDATASYNC(Where.THREADS, "drva-force-", "fdatasync", 30),
  FORCE_FSYNC(Where.THREADS, "drva-force-", "fsync", 6),
  UPLOAD_WRITE(Where.THREADS, "upload-", "write", 8),
  UPLOAD_FTRUNCATE(Where.THREADS, "upload-", "ftruncate", 6),
  UPLOAD_FSYNC(Where.THREADS, "upload-", "fsync", 12),
  UPLOAD_LINK(Where.THREADS, "upload-", "link", 6),
  UPLOAD_UNLINK(Where.THREADS, "upload-", "unlink", 6),
  HORIZON_RENAME(Where.THREADS, "horizon-", "rename", 3),
  HORIZON_FSYNC(Where.THREADS, "horizon-", "fsync", 6),
  HORIZON_UNLINK(Where.THREADS, "horizon-", "unlink", 1),
  HORIZON_RMDIR(Where.THREADS, "horizon-", "rmdir", 1),
  SESSION_SENDTO(Where.THREADS, "drva-session-", "sendto", 40),
  SESSION_RECVFROM(Where.THREADS, "drva-session-", "recvfrom", 80),
  SECOND_DOMAIN_MKDIR(Where.SECOND_DOMAIN, "", "mkdir", 1),
  SECOND_DOMAIN_RENAME(Where.SECOND_DOMAIN, "", "rename", 2),
  SECOND_DOMAIN_FSYNC(Where.SECOND_DOMAIN, "", "fsync", 2),
  SECOND_DOMAIN_RMDIR(Where.SECOND_DOMAIN, "", "rmdir", 1),
  GROWTH_PWRITE(Where.GROWTH, "", "pwrite64", 12),
  GROWTH_FDATASYNC(Where.GROWTH, "", "fdatasync", 6),
  GROWTH_RENAME(Where.GROWTH, "", "rename", 6);

  /** Which calls count. */
  enum Where {
    /** Those of all threads from the start on. */
    ANYWHERE,
    /** Those of threads that run once the appliance listens. */
    THREADS,
    /** Those on the logs of domains that come and go. */
    SECOND_DOMAIN,
    /** Those on files that the volume gets when it grows. */
    GROWTH
  }

  final Where where;

  /** How the names of the threads begin. */
  final String threads;

  final String call;

  /** The call of one thread that is the last to be chosen, from 1. */
  final int callsMax;

  Target(Where where, String threads, String call, int callsMax) {
    this.where = where;
    this.threads = threads;
    this.call = call;
    this.callsMax = callsMax;
  }
}
