package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The log store volumes of simulated appliances. */
public final class SimulatedVolumes {
  private SimulatedVolumes() {}

  public static LogVolume open(
      Path folder,
      LongSupplier nanoClock,
      Function<Lock, Condition> conditions,
      ThreadFactory threads,
      SimulatedDisk disk)
      throws IOException {
    return LogVolume.open(folder, new VolumeOptions(nanoClock, conditions, threads), disk);
  }

  /** What the logs on a volume hold, which is changed by this: give it a copy. */
  public static DurableRecords inspect(Path copy) throws IOException {
    DurableRecords durable = new DurableRecords(true);
    try (LogVolume volume =
        LogVolume.open(copy, VolumeOptions.defaults(), new PowerCutDisk(copy))) {
      for (String domain : volume.domains()) {
        try (DomainLog log = volume.openDomain(domain, NOBODY)) {
          durable.begin(domain, log.lastLsn(), log.hosts());
        }
      }
    }
    return durable;
  }

  private static final ForceListener NOBODY =
      new ForceListener() {
        @Override
        public void forced(long lsn, long forceNanos) {}

        @Override
        public void failed(Throwable cause) {
          throw new IllegalStateException(cause);
        }
      };
}
