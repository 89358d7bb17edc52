package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.appliance.Platform;
import io.drva.blobsink.ChainReader;
import io.drva.blobsink.ChainVisitor;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.blobsink.SegmentIndex;
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
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invariants 1 to 4 against {@code kill -9}: the real appliance process is killed in the middle of
 * the demo's load, 20 times, each time after a random amount of acknowledged data, and started
 * again. The clients reconnect by themselves.
 *
 * <p>If an acknowledged write were lost, the recovered disks would differ from what was written,
 * because the client frees what is acknowledged. If one were applied twice, the chain would hold
 * more extents than were sent.
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
                TOTAL_BYTES,
                List.of(512, 4096, 65536),
                0,
                seed));
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
        ImageCheck check =
            new ImageCheck(
                container, folder.resolve("images"), plan.models(), Platform.SYSTEM, Phases.SILENT);
        check.run();
        assertEquals(List.of(), check.differences());
        assertEquals(load.writesSent(), extentsIn(container), "extents in the chain");
      }
    } finally {
      appliance.destroyForcibly().waitFor();
    }
  }

  private static long extentsIn(Container container) throws IOException {
    AtomicLong extents = new AtomicLong();
    ChainReader.walk(
        container,
        new ChainVisitor() {
          @Override
          public void segment(SegmentIndex index) {
            for (int i = 0; i < index.recordCount(); i++) {
              if (index.type(i).hasExtent()) {
                extents.incrementAndGet();
              }
            }
          }
        });
    return extents.get();
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
