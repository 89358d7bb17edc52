package io.drva.appliance;

import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.SegmentBuffers;
import io.drva.logstore.LogVolume;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.ServerSession;
import io.drva.protocol.SessionHandler;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Collection;
import java.util.List;

/**
 * An appliance without its ports: what {@link Appliance} puts together, on a platform, a volume and
 * a store of a test's own.
 */
public final class PortlessAppliance implements AutoCloseable {
  private final MeterRegistry metrics = new SimpleMeterRegistry();
  private final Domains domains;

  public PortlessAppliance(
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers buffers,
      ApplianceConfig config,
      Platform platform) {
    domains = new Domains(volume, store, buffers, metrics, config, platform);
  }

  /** As {@link Appliance} does at its start. */
  public void takeUp(Collection<String> names) {
    domains.takeUp(names);
  }

  /** As {@link Appliance#assign}. */
  public void assign(String domain) throws ControlException {
    domains.assign(domain);
  }

  /** Decides on a session, as {@link Appliance} does. */
  public SessionHandler attach(ServerSession session) throws ProtocolException {
    Domain domain = domains.get(session.domain());
    if (domain == null) {
      throw new ProtocolException(ErrorCode.UNKNOWN_DOMAIN, "not assigned to this appliance");
    }
    return domain.attach(session);
  }

  /** As {@link Appliance} does for its control API. */
  public void takeOver(String domain) throws ControlException {
    domains.takeOver(domain);
  }

  public List<DomainStatus> status() {
    return domains.all().stream().map(Domain::status).toList();
  }

  /** Bytes that wait for the log writers. */
  public double queuedBytes() {
    return metrics.find("drva.ingest.queue.bytes").gauges().stream()
        .mapToDouble(Gauge::value)
        .sum();
  }

  @Override
  public void close() {
    domains.close();
  }
}
