package io.drva.demo;

import com.sun.management.ThreadMXBean;
import io.drva.appliance.Appliance;
import io.drva.appliance.ApplianceConfig;
import io.drva.appliance.Platform;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@link ServerAllocationTest} runs in a process of its own, with the product's own JVM
 * options instead of those of the tests: an appliance and hosts that write to it over TCP. Prints,
 * for each kind of thread of the appliance, the bytes that it allocated per write, once warm.
 */
final class ServerAllocation {
  private static final String DOMAIN = "allocation";
  private static final int WRITE_BYTES = 4096;
  private static final int WARM_UP_WRITES = 150_000;
  private static final int WRITES = 150_000;

  /** The beginnings of the names of the appliance's threads. */
  private static final List<String> KINDS =
      List.of("drva-session", "log-", "drva-force", "ship-", "upload-", "horizon-");

  private ServerAllocation() {}

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ApplianceConfig config =
        new ApplianceConfig(
            anyPort,
            anyPort,
            "dir:" + folder.resolve("store"),
            folder.resolve("volume"),
            List.of(DOMAIN),
            ApplianceConfig.WINDOW_BYTES,
            ApplianceConfig.SEGMENT_BYTES,
            ApplianceConfig.SEGMENT_AGE_MS,
            ApplianceConfig.UPLOADS_IN_FLIGHT);
    LogVolume.create(config.volumePath(), VolumeSize.of(256L << 20), _ -> {});
    try (Appliance appliance = Appliance.start(config, Map.of(), Platform.SYSTEM)) {
      write(appliance, WARM_UP_WRITES);
      SortedMap<String, Long> before = allocatedBytes();
      write(appliance, WRITES);
      allocatedBytes()
          .forEach(
              (kind, bytes) ->
                  System.out.println(
                      kind + " " + (double) (bytes - before.getOrDefault(kind, 0L)) / WRITES));
    }
  }

  private static void write(Appliance appliance, int writes) throws Exception {
    LoadPlan plan =
        LoadPlan.of(
            new DemoOptions(
                null,
                DOMAIN,
                null,
                0,
                2,
                2,
                64 << 20,
                (long) writes * WRITE_BYTES,
                List.of(WRITE_BYTES),
                0,
                1));
    try (Load load = new Load(plan, Platform.SYSTEM.nanos())) {
      load.connect(appliance.address(), DOMAIN);
      load.run(Duration.ofMinutes(2));
    }
  }

  private static SortedMap<String, Long> allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    SortedMap<String, Long> bytes = new TreeMap<>();
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      for (String kind : KINDS) {
        if (thread != null && thread.getThreadName().startsWith(kind)) {
          bytes.merge(kind, threads.getThreadAllocatedBytes(thread.getThreadId()), Long::sum);
        }
      }
    }
    return bytes;
  }
}
