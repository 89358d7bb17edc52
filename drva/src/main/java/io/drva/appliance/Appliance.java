package io.drva.appliance;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.blobsink.SegmentBuffers;
import io.drva.blobsink.ShipperConfig;
import io.drva.logstore.DomainLog;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeOptions;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.ProtocolServer;
import io.drva.protocol.ServerOptions;
import io.drva.protocol.ServerSession;
import io.drva.protocol.SessionHandler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The appliance process: one log store volume, one object store, one replication port, any number
 * of domains.
 *
 * <p>All methods are thread-safe. {@link #close} stops in the order of the path of a write, so that
 * what was acknowledged is where the acknowledgement says.
 */
public final class Appliance implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Appliance.class);

  /**
   * Direct memory that no domain has: copy buffers of a directory store, windows of logs that are
   * being opened, what the JDK keeps for each thread that does file operations.
   */
  private static final long OTHER_DIRECT_BYTES = 24L << 20;

  private final ApplianceConfig config;
  private final Platform platform;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private SegmentBuffers segmentBuffers;
  private VolumeControl volumeControl;
  private ObjectStore store;
  private ProtocolServer server;
  private ControlApi control;
  private Domains domains;

  private Appliance(ApplianceConfig config, Platform platform) {
    this.config = config;
    this.platform = platform;
  }

  /**
   * Opens the volume, the store and the ports, and takes up the domains of the volume and of the
   * configuration. A domain whose store does not answer is tried again until it does; one that
   * cannot be taken up for another reason has failed, and the others are served.
   *
   * @param environment where the store's credentials come from
   */
  public static Appliance start(
      ApplianceConfig config, Map<String, String> environment, Platform platform)
      throws IOException {
    Appliance appliance = new Appliance(config, platform);
    try {
      appliance.open(environment);
      return appliance;
    } catch (IOException | RuntimeException e) {
      appliance.close();
      throw e;
    }
  }

  private void open(Map<String, String> environment) throws IOException {
    segmentBuffers = segmentBuffers();
    store = opened(ObjectStores.open(config.store(), environment));
    LogVolume volume =
        opened(
            LogVolume.open(
                config.volumePath(),
                new VolumeOptions(platform.nanos(), platform.conditions(), platform.threads())));
    volumeControl = new VolumeControl(volume, platform);
    domains = opened(new Domains(volume, store, segmentBuffers, metrics, config, platform));
    meter(volume);
    server = opened(listening("listen", () -> ProtocolServer.start(serverOptions(), this::attach)));
    control = opened(listening("control", () -> ControlApi.start(this, metrics, config.control())));
    TreeSet<String> names = new TreeSet<>(volume.domains());
    names.addAll(config.domains());
    domains.takeUp(names);
  }

  /** Divides the process's direct memory: how many domains it serves follows from it. */
  private SegmentBuffers segmentBuffers() throws IOException {
    long limitBytes =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    long directBytes = limitBytes > 0 ? limitBytes : Runtime.getRuntime().maxMemory();
    try {
      return SegmentBuffers.within(
          directBytes - OTHER_DIRECT_BYTES,
          DomainLog.directBytes(),
          config.uploadsInFlight(),
          config.segmentBytes(),
          ShipperConfig.SEGMENT_RECORDS_MAX);
    } catch (IllegalArgumentException e) {
      throw new IOException("segment.size: " + e.getMessage(), e);
    }
  }

  private void meter(LogVolume volume) {
    Gauge.builder("drva.log.budget.bytes", volume, v -> v.size().sizeBytes())
        .description("Size of the log store volume")
        .register(metrics);
    Gauge.builder("drva.log.volume.used.bytes", volume, LogVolume::usedBytes)
        .description("Bytes of the volume that the logs of all domains hold")
        .register(metrics);
    Gauge.builder("drva.log.volume.failed", volume, v -> v.failure().isPresent() ? 1 : 0)
        .description("1 when the log store volume has stopped for good, else 0")
        .register(metrics);
    Gauge.builder("drva.segment.buffers.in.use", segmentBuffers, SegmentBuffers::inUse)
        .description("Segments being filled or stored, of all domains")
        .register(metrics);
    new JvmMemoryMetrics().bindTo(metrics);
    new NettyAllocatorMetrics(PooledByteBufAllocator.DEFAULT).bindTo(metrics);
  }

  /** What listens where this key of the configuration says. */
  private interface Listening<T> {
    T start() throws IOException;
  }

  private static <T> T listening(String key, Listening<T> listening) throws IOException {
    try {
      return listening.start();
    } catch (IOException e) {
      throw new IOException(
          key + ": " + e.getMessage() + "; stop what uses the address, or choose another", e);
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  private ServerOptions serverOptions() {
    ServerOptions defaults = ServerOptions.defaults(config.listen());
    return new ServerOptions(
        config.listen(),
        defaults.eventLoopThreads(),
        defaults.dataBytesMax(),
        config.windowBytes(),
        defaults.streamsMax(),
        defaults.sessionsMax(),
        defaults.idleTimeoutMs(),
        platform.wallMicros());
  }

  private SessionHandler attach(ServerSession session) throws ProtocolException {
    Domain domain = domains.get(session.domain());
    if (domain == null) {
      throw new ProtocolException(
          ErrorCode.UNKNOWN_DOMAIN,
          "domain '"
              + session.domain()
              + "' is not assigned to this appliance; check the name, or assign it with PUT /v1/domains/"
              + session.domain());
    }
    return domain.attach(session);
  }

  /**
   * Assigns a domain to this appliance. A domain that it has already is left as it is, unless it
   * has failed: then it is taken up anew.
   *
   * @throws ControlException when the name is not allowed, the store does not answer, or log and
   *     container do not fit together
   */
  public void assign(String name) throws ControlException {
    domains.assign(name);
  }

  Domains domains() {
    return domains;
  }

  VolumeControl volume() {
    return volumeControl;
  }

  Health health() {
    List<String> problems = new ArrayList<>();
    if (volumeControl.problem() != null) {
      problems.add("the log store volume stopped: " + volumeControl.problem());
    }
    domains.all().stream().map(Domain::problem).filter(Objects::nonNull).forEach(problems::add);
    return Health.of(problems);
  }

  /** The replicated RPO of a domain that this appliance has, in microseconds. */
  public long replicatedRpoMicros(String domain) {
    return domains.get(domain).replicatedRpoMicros();
  }

  /** The last LSN of a domain that this appliance has. */
  long lastLsn(String domain) {
    return domains.get(domain).status().lastLsn();
  }

  /** The last LSN of it that is in the object store. */
  long replicatedLsn(String domain) {
    return domains.get(domain).status().replicatedLsn();
  }

  /** Where host filters connect; with the real port when the configuration said 0. */
  public InetSocketAddress address() {
    return server.address();
  }

  public InetSocketAddress controlAddress() {
    return control.address();
  }

  /**
   * Stops taking writes, ships what is logged as far as the store takes it in reasonable time, and
   * lets go of everything.
   */
  @Override
  public void close() {
    // In the order of the path of a write: no more frames, then the logs and what ships them.
    List<AutoCloseable> closing = new ArrayList<>(opened);
    if (server != null) {
      closing.remove(server);
      close(server);
    }
    if (domains != null) {
      closing.remove(domains);
      close(domains);
    }
    closing.forEach(Appliance::close);
    opened.clear();
  }

  private static void close(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // The rest must be let go of all the same; what was acknowledged is durable already.
      LOG.warn("while stopping: {}", e.getMessage(), e);
    }
  }
}
