package io.drva.demo;

import io.drva.appliance.Appliance;
import io.drva.appliance.ApplianceConfig;
import io.drva.appliance.ControlException;
import io.drva.appliance.Platform;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectInfo;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import io.drva.protocol.SessionFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The main job from end to end in one process: an appliance with a temporary volume, hosts that
 * write over real TCP, recovery from the container alone, and a comparison of every byte of every
 * disk.
 */
public final class Demo {
  private static final Logger LOG = LoggerFactory.getLogger(Demo.class);
  private static final int DELETE_ATTEMPTS = 100;
  private static final VolumeSize VOLUME = VolumeSize.of(512L << 20);
  private static final String VOLUME_NAME = "volume";
  private static final int RPO_SAMPLE_MS = 10;
  private static final Duration REPLICATION_TIMEOUT = Duration.ofMinutes(30);

  private final DemoOptions options;
  private final Map<String, String> environment;
  private final Platform platform;
  private final Phases phases;

  public Demo(
      DemoOptions options, Map<String, String> environment, Platform platform, Phases phases) {
    this.options = options;
    this.environment = environment;
    this.platform = platform;
    this.phases = phases;
  }

  public DemoReport run()
      throws IOException,
          InvalidTraceException,
          ControlException,
          SessionFailedException,
          InterruptedException {
    LoadPlan plan = LoadPlan.of(options);
    Path folder = Files.createTempDirectory("drva-demo-");
    Thread interrupted = Thread.ofPlatform().unstarted(() -> deleteQuietly(folder));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      String storeUri =
          options.store() == null ? "dir:" + folder.resolve("store") : options.store();
      try (ObjectStore store = ObjectStores.open(storeUri, environment)) {
        Container container = store.container(options.domain());
        requireUnused(container);
        return run(plan, folder, storeUri, container);
      }
    } finally {
      FileTree.delete(folder);
      removeHook(interrupted);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      LOG.debug("the process is ending", shuttingDown);
    }
  }

  /** The process is being stopped, and its threads still write: as much as can be deleted. */
  private static void deleteQuietly(Path folder) {
    for (int attempt = 0; attempt < DELETE_ATTEMPTS && Files.exists(folder); attempt++) {
      try {
        FileTree.delete(folder);
      } catch (IOException e) {
        LOG.debug("{} is still being written to", folder, e);
      }
    }
    if (Files.exists(folder)) {
      LOG.warn("{} could not be removed", folder);
    }
  }

  private DemoReport run(LoadPlan plan, Path folder, String storeUri, Container container)
      throws IOException, ControlException, SessionFailedException, InterruptedException {
    Load load = new Load(plan, platform.nanos());
    Histogram rpoNanos = new Histogram(3);
    double seconds;
    createVolume(folder.resolve(VOLUME_NAME));
    try (Appliance appliance =
            Appliance.start(applianceConfig(folder, storeUri), environment, platform);
        load) {
      appliance.assign(options.domain());
      load.connect(appliance.address(), options.domain());
      phases.begin("write", plan.totalBytes());
      try (ScheduledExecutorService sampler =
          Executors.newSingleThreadScheduledExecutor(
              Thread.ofPlatform().name("rpo").daemon().factory())) {
        Future<?> sampling =
            sampler.scheduleAtFixedRate(
                () -> {
                  rpoNanos.recordValue(
                      TimeUnit.MICROSECONDS.toNanos(
                          appliance.replicatedRpoMicros(options.domain())));
                  phases.progressed(load.bytesSent());
                },
                0,
                RPO_SAMPLE_MS,
                TimeUnit.MILLISECONDS);
        seconds = load.run(REPLICATION_TIMEOUT) / 1e9;
        sampling.cancel(false);
      }
    }
    long[] stored = new long[2];
    container.list(
        "chain/",
        object -> {
          stored[0]++;
          stored[1] += object.sizeBytes();
          return true;
        });
    ImageCheck check =
        new ImageCheck(container, folder.resolve("images"), plan.models(), platform, phases);
    check.run();
    return new DemoReport(
        load.writesSent(),
        load.bytesSent(),
        seconds,
        load.bytesSent() / seconds / 1e6,
        load.writesSent() / seconds,
        DemoReport.Percentiles.ofNanos(load.ackLatencyNanos()),
        DemoReport.Percentiles.ofNanos(rpoNanos),
        stored[1] == 0 ? 0 : (double) load.dataBytesSent() / stored[1],
        stored[0],
        stored[1],
        check.recoverySeconds(),
        check.differences().isEmpty(),
        check.differences());
  }

  private void createVolume(Path path) throws IOException {
    phases.begin("prepare", VOLUME.sizeBytes());
    LongAdder written = new LongAdder();
    LogVolume.create(
        path,
        VOLUME,
        bytes -> {
          written.add(bytes);
          phases.progressed(written.sum());
        });
  }

  private static void requireUnused(Container container) throws IOException {
    List<ObjectInfo> found = new ArrayList<>();
    container.createIfAbsent();
    container.list(
        "",
        object -> {
          found.add(object);
          return false;
        });
    if (!found.isEmpty()) {
      throw new IOException(
          container.location()
              + " holds a domain already; choose another with --domain, or another --store");
    }
  }

  private static ApplianceConfig applianceConfig(Path folder, String storeUri) {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new ApplianceConfig(
        anyPort,
        anyPort,
        storeUri,
        folder.resolve(VOLUME_NAME),
        List.of(),
        ApplianceConfig.WINDOW_BYTES,
        ApplianceConfig.SEGMENT_BYTES,
        ApplianceConfig.SEGMENT_AGE_MS,
        ApplianceConfig.UPLOADS_IN_FLIGHT);
  }
}
