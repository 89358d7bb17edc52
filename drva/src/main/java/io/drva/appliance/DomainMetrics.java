package io.drva.appliance;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;

/** The Prometheus metrics of one domain, until it is closed. Recording allocates nothing. */
final class DomainMetrics implements AutoCloseable {
  private final LongAdder ingestBytes = new LongAdder();
  private final LongAdder ingestWrites = new LongAdder();
  private final Timer ackLatency;
  private final Timer forceDuration;
  private final Timer putDuration;
  private final MeterRegistry registry;
  private final Tags tags;
  private final List<Meter> meters = new ArrayList<>();

  DomainMetrics(MeterRegistry registry, String domain) {
    this.registry = registry;
    tags = Tags.of("domain", domain);
    counter(
        "drva.ingest.bytes",
        "Bytes of guest data appended to the replication log",
        ingestBytes,
        LongAdder::sum);
    counter(
        "drva.ingest.writes",
        "Extents (write, zero, discard, baseline) appended to the log",
        ingestWrites,
        LongAdder::sum);
    ackLatency =
        timer(
            "drva.ack.latency",
            "From the end of the socket read that brought a frame to its logged acknowledgement");
    forceDuration = timer("drva.log.force", "One force of the replication log");
    putDuration = timer("drva.store.put", "One upload of a segment");
  }

  private Timer timer(String name, String help) {
    return registered(
        Timer.builder(name)
            .description(help)
            .tags(tags)
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofNanos(50_000))
            .maximumExpectedValue(Duration.ofMinutes(2))
            .register(registry));
  }

  private <M extends Meter> M registered(M meter) {
    meters.add(meter);
    return meter;
  }

  <T> void counter(String name, String help, T source, ToDoubleFunction<T> value) {
    registered(
        FunctionCounter.builder(name, source, value)
            .description(help)
            .tags(tags)
            .register(registry));
  }

  <T> void gauge(String name, String help, T source, ToDoubleFunction<T> value) {
    registered(
        Gauge.builder(name, source, value)
            .description(help)
            .tags(tags)
            .strongReference(true)
            .register(registry));
  }

  void ingested(long bytes) {
    ingestWrites.increment();
    ingestBytes.add(bytes);
  }

  void ackLatency(long nanos) {
    ackLatency.record(nanos, TimeUnit.NANOSECONDS);
  }

  void force(long nanos) {
    forceDuration.record(nanos, TimeUnit.NANOSECONDS);
  }

  void put(long nanos) {
    putDuration.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** The domain is gone, or begins anew with other metrics of the same names. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
