package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.appliance.Platform;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invariants 1 to 4 against {@code kill -9}: the real appliance process is killed in the middle of
 * the demo's load, 20 times, each time after a random amount of acknowledged data, and started
 * again. The clients reconnect by themselves.
 *
 * <p>If an acknowledged write were lost, the recovered disks would differ from what was written,
 * because the client frees what is acknowledged. The chain must hold what each host sent, each
 * extent once and in order.
 */
class KilledApplianceTest {
  private static final int KILLS = 20;
  private static final String DOMAIN = "killed";
  private static final long TOTAL_BYTES = 640L << 20;

  @TempDir Path folder;
  private Path config;
  private int port;

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void losesAndDoublesNothing() throws Exception {
    long seed = Long.getLong("drva.seed", new SplittableRandom().nextLong());
    System.out.println("KilledApplianceTest: replay with -Ddrva.seed=" + seed);
    SplittableRandom random = new SplittableRandom(seed);
    writeConfig();
    DemoOptions options =
        new DemoOptions(
            null, DOMAIN, null, 0, 2, 2, 64 << 20, TOTAL_BYTES, List.of(512, 4096, 65536), 0, seed);
    LoadPlan plan = LoadPlan.of(options);
    Process appliance = startAppliance();
    try {
      Load load = new Load(plan, Platform.SYSTEM.nanos());
      load.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), DOMAIN);
      FutureTask<Long> running = new FutureTask<>(() -> load.run(Duration.ofMinutes(3)));
      Thread.ofPlatform().name("load").start(running);
      for (int kill = 0; kill < KILLS; kill++) {
        // Bytes, not time, decide the moment, so that each life of the process makes progress and
        // none is killed idle.
        load.loggedBytes()
            .await(load.loggedBytes().get() + random.nextLong(TOTAL_BYTES / (KILLS + 5)) + 1);
        appliance.destroyForcibly().waitFor();
        appliance = startAppliance();
      }
      running.get();
      assertTrue(
          load.connections() > KILLS,
          "a kill that no client noticed is no kill: " + load.connections());
      load.close();
      assertTrue(load.bytesSent() >= TOTAL_BYTES);
      stop(appliance);
      try (ObjectStore store = ObjectStores.open("dir:" + folder.resolve("store"), Map.of())) {
        Container container = store.container(DOMAIN);
        long extents =
            new ChainCheck(options)
                .follow(container).values().stream().mapToLong(Long::longValue).sum();
        assertEquals(load.writesSent(), extents, "extents in the chain");
        ChainCheck.images(container, plan, folder.resolve("images"));
      }
    } finally {
      appliance.destroyForcibly().waitFor();
    }
  }

  private void writeConfig() throws IOException {
    LogVolume.create(folder.resolve("volume"), new VolumeSize(256 << 20, 16 << 20), _ -> {});
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    config =
        Files.writeString(
            folder.resolve("drva.yaml"),
            """
            listen: 127.0.0.1:%d
            control: 127.0.0.1:0
            store: dir:%s
            volume: {path: %s}
            segment: {size: 1MiB, age: 50ms}
            domains: [%s]
            """
                .formatted(port, folder.resolve("store"), folder.resolve("volume"), DOMAIN));
  }

  private Process startAppliance() throws IOException {
    Process process = Appliances.start(config);
    assertTrue(process.inputReader().readLine().startsWith("listening"));
    return process;
  }

  /** In order, so that what is logged is shipped. */
  private static void stop(Process appliance) throws InterruptedException {
    appliance.destroy();
    assertTrue(appliance.waitFor(1, TimeUnit.MINUTES), "the appliance did not stop");
  }
}
