package io.drva.logstore;

import java.nio.file.Path;
import java.util.Random;

/**
 * The process that {@link CrashTest} kills: appends, reads back, releases, and prints what it was
 * told is forced, until it is killed.
 */
final class CrashChild {

  static final String DOMAIN = "domain-a";
  static final int CYCLE_BYTES = 4 << 20;
  static final VolumeSize SIZE = new VolumeSize(12L * CYCLE_BYTES, CYCLE_BYTES);
  static final int DATA_BYTES_MAX = 64 << 10;
  static final String FORCED = "forced ";

  /** The child keeps this many of the newest records unreleased. */
  static final int RETAINED_RECORDS = 300;

  private CrashChild() {}

  public static void main(String[] arguments) throws Exception {
    Random random = new Random(Long.parseLong(arguments[1]));
    ForceListener listener =
        new ForceListener() {
          @Override
          public void forced(long lsn, long forceNanos) {
            System.out.println(FORCED + lsn);
          }

          @Override
          public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
          }
        };
    Records records = new Records(DATA_BYTES_MAX);
    LogVolume volume = TestVolumes.open(Path.of(arguments[0]), SIZE);
    DomainLog log = volume.openDomain(DOMAIN, listener);
    if (log.lastLsn() == 0) {
      Records.begin(log);
    }
    while (true) {
      if (log.hasSpace(DATA_BYTES_MAX)) {
        if (random.nextInt(3) == 0) {
          records.append(log);
        } else {
          records.appendToGroup(log);
        }
      }
      if (random.nextInt(200) == 0) {
        log.release(Math.max(0, log.forcedLsn() - RETAINED_RECORDS));
      }
    }
  }
}
