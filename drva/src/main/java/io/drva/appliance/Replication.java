package io.drva.appliance;

import io.drva.blobsink.ChainHead;
import io.drva.blobsink.ChainOwner;
import io.drva.blobsink.ChainReader;
import io.drva.blobsink.Container;
import io.drva.blobsink.HostPosition;
import io.drva.blobsink.HostPositions;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.SegmentBuffers;
import io.drva.blobsink.Shipper;
import io.drva.blobsink.ShipperConfig;
import io.drva.blobsink.ShipperListener;
import io.drva.blobsink.TooManyDomainsException;
import io.drva.logstore.ChainOfLog;
import io.drva.logstore.DiskState;
import io.drva.logstore.DomainLog;
import io.drva.logstore.ForceListener;
import io.drva.logstore.HostState;
import io.drva.logstore.LogOrigin;
import io.drva.logstore.LogReader;
import io.drva.logstore.LogVolume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A domain's way into the object store: its shipper and what it reads from. */
final class Replication {
  private final Shipper shipper;
  private final LogSource source;
  private final ChainHead head;

  private Replication(Shipper shipper, LogSource source, ChainHead head) {
    this.shipper = shipper;
    this.source = source;
    this.head = head;
  }

  /**
   * Opens the domain's log, checks that it fits the domain's chain, takes the chain, and starts the
   * domain.
   *
   * @throws ControlException when they do not, or when there are too many domains already
   * @throws IOException when the store does not answer, or the log or the chain is damaged
   */
  static void connect(
      Domain domain,
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers buffers,
      ApplianceConfig config,
      Platform platform)
      throws IOException, ControlException {
    shared(
        domain, buffers, config, share -> connect(domain, volume, store, share, config, platform));
  }

  /**
   * Takes over the domain's chain, whoever has it, and starts the domain with a new log that goes
   * on where the chain ends. What another log has beyond that is lost to the chain.
   *
   * @throws ControlException when there is no chain, when the volume has a log of it, or when there
   *     are too many domains already
   * @throws IOException when the store does not answer, or the chain is damaged
   */
  static void takeOver(
      Domain domain,
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers buffers,
      ApplianceConfig config,
      Platform platform)
      throws IOException, ControlException {
    shared(
        domain, buffers, config, share -> takeOver(domain, volume, store, share, config, platform));
  }

  /** What needs a share of the segment buffers, which it keeps unless it fails. */
  private interface Start {
    void with(SegmentBuffers.Share share) throws IOException, ControlException;
  }

  private static void shared(
      Domain domain, SegmentBuffers buffers, ApplianceConfig config, Start start)
      throws IOException, ControlException {
    SegmentBuffers.Share share;
    try {
      share = buffers.join(domain.name(), config.uploadsInFlight());
    } catch (TooManyDomainsException e) {
      throw new ControlException(409, e.getMessage(), e);
    }
    boolean started = false;
    try {
      start.with(share);
      started = true;
    } finally {
      if (!started) {
        share.close();
      }
    }
  }

  private static void connect(
      Domain domain,
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers.Share share,
      ApplianceConfig config,
      Platform platform)
      throws IOException, ControlException {
    String name = domain.name();
    Container container = store.container(name);
    boolean known = volume.domains().contains(name);
    Optional<ChainOfLog> chain = volume.chainOf(name);
    if (chain.isPresent() && ChainReader.descriptor(container).isEmpty()) {
      throw refused(
          "the log was replicated to the chain "
              + chain.get().id()
              + ", but "
              + container.location()
              + " holds no domain: check 'store', and whether it is mounted");
    }
    ChainOwner owner =
        ChainOwner.inspect(container, name, platform.wallMicros(), platform.threads());
    if (!known && owner.lastLsn() > 0) {
      throw refused(
          container.location()
              + " holds its chain up to LSN "
              + owner.lastLsn()
              + ", but this log store volume has no log of it; start the appliance with the volume that it was written with, or take the domain over where its chain ends: POST /v1/domains/"
              + name
              + "/takeover");
    }
    DomainLog log = volume.openDomain(name, listener(domain));
    boolean started = false;
    try {
      // Before the chain is taken: an appliance that cannot serve the domain leaves its owner
      // alone.
      requireSameHistory(container, log, owner);
      requireFit(container, log, owner.lastLsn());
      ChainHead head = owner.take();
      // And after it: another owner may have gone on in between.
      requireSameHistory(container, log, owner);
      requireFit(container, log, head.lastLsn());
      start(domain, log, container, head, share, config, platform);
      started = true;
    } finally {
      if (!started) {
        log.close();
      }
    }
  }

  private static void takeOver(
      Domain domain,
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers.Share share,
      ApplianceConfig config,
      Platform platform)
      throws IOException, ControlException {
    String name = domain.name();
    if (volume.domains().contains(name)) {
      throw refused(
          "this log store volume has a log of it: assign it, or give up what the log holds and the chain does not with 'drva volume discard'");
    }
    Container container = store.container(name);
    if (ChainReader.descriptor(container).isEmpty()) {
      throw refused(container.location() + " holds no domain: check the name, and 'store'");
    }
    ChainHead head =
        ChainOwner.inspect(container, name, platform.wallMicros(), platform.threads()).take();
    DomainLog log = volume.openDomain(name, origin(head), listener(domain));
    boolean started = false;
    try {
      start(domain, log, container, head, share, config, platform);
      started = true;
    } finally {
      if (!started) {
        try {
          log.close();
        } finally {
          volume.removeDomain(name);
        }
      }
    }
  }

  /** The chain's end as the beginning of a log: what the hosts sent after it is not in there. */
  private static LogOrigin origin(ChainHead head) {
    List<HostState> hosts = new ArrayList<>();
    for (HostPosition host : head.hosts()) {
      hosts.add(
          new HostState(
              hosts.size() + 1,
              host.host(),
              HexFormat.of().formatHex(Incarnation.bytes(host.incarnation())),
              host.lastSeq(),
              0,
              true)); // As far as is known here: nothing of it is missing in the chain.
    }
    List<DiskState> disks =
        head.disks().stream()
            .map(
                disk ->
                    new DiskState(
                        disk.number(),
                        disk.vm(),
                        disk.disk(),
                        disk.capacityBytes(),
                        disk.sectorBytes()))
            .toList();
    return new LogOrigin(head.lastLsn(), head.lastTimeMicros(), hosts, disks);
  }

  private static void start(
      Domain domain,
      DomainLog log,
      Container container,
      ChainHead head,
      SegmentBuffers.Share share,
      ApplianceConfig config,
      Platform platform)
      throws IOException {
    log.bindChain(new ChainOfLog(head.domainId(), head.epoch()));
    log.release(head.lastLsn()); // Which a term that was cut off may not have come to say.
    LogSource source = new LogSource(log, head, platform);
    Shipper shipper =
        new Shipper(
            container,
            head,
            source,
            shipperListener(domain),
            shipperConfig(config, platform),
            share);
    domain.start(log, backlog(log, head), new Replication(shipper, source, head));
  }

  /** What the log holds of earlier terms and the chain does not. */
  private static Backlog backlog(DomainLog log, ChainHead head) throws IOException {
    Backlog backlog = new Backlog();
    if (log.lastLsn() > head.lastLsn()) {
      try (LogReader reader = log.reader(head.lastLsn() + 1)) {
        if (reader.next()) {
          backlog.appended(log.lastLsn(), reader.timeMicros());
        }
      }
    }
    return backlog;
  }

  /**
   * LSNs may fit by chance: a log belongs to the one chain that it was first shipped to, and not to
   * what a copy of it has shipped there in a later term.
   */
  private static void requireSameHistory(Container container, DomainLog log, ChainOwner owner)
      throws IOException, ControlException {
    Optional<ChainOfLog> known = log.chain();
    if (known.isEmpty()) {
      return;
    }
    if (!known.get().id().equals(owner.domainId())) {
      throw refused(
          "the log was replicated to the chain "
              + known.get().id()
              + ", but "
              + container.location()
              + " holds the chain "
              + owner.domainId()
              + ": check 'store', or use the log store volume that belongs to it");
    }
    if (owner.lastSegmentEpoch() > known.get().epoch()) {
      throw refused(
          container.location()
              + " goes on with a term (epoch "
              + owner.lastSegmentEpoch()
              + ") that this log has no part in, its last was "
              + known.get().epoch()
              + ": another appliance, or a copy of this volume, has taken the domain over");
    }
  }

  private static ControlException refused(String why) {
    return new ControlException(409, why);
  }

  /**
   * @param chainLsn the last LSN that the chain holds
   */
  private static void requireFit(Container container, DomainLog log, long chainLsn)
      throws ControlException {
    if (log.lastLsn() < chainLsn) {
      throw refused(
          "the log ends with LSN "
              + log.lastLsn()
              + ", but "
              + container.location()
              + " holds LSN "
              + chainLsn
              + " already: this volume is older than the chain, or was restored from a copy");
    }
    if (log.firstLsn() > chainLsn + 1) {
      throw refused(
          "the log begins with LSN "
              + log.firstLsn()
              + ", but "
              + container.location()
              + " ends with LSN "
              + chainLsn
              + ": the records between were replicated to another container; check 'store'");
    }
  }

  private static ShipperConfig shipperConfig(ApplianceConfig config, Platform platform) {
    ShipperConfig defaults =
        ShipperConfig.defaults(
            platform.nanos(),
            platform.wallMicros(),
            platform.random(),
            platform.conditions(),
            platform.threads());
    return defaults
        .withSegment(config.segmentBytes(), defaults.segmentRecordsMax(), config.segmentAgeMs())
        .withUploadsInFlight(config.uploadsInFlight());
  }

  private static ForceListener listener(Domain domain) {
    return new ForceListener() {
      @Override
      public void appended(long lsn) {
        domain.handOver(lsn);
      }

      @Override
      public void forcing() {
        domain.forcing();
      }

      @Override
      public void forced(long lsn, long forceNanos) {
        domain.forced(lsn, forceNanos);
      }

      @Override
      public void failed(Throwable cause) {
        domain.failed("the log store volume stopped", cause);
      }
    };
  }

  private static ShipperListener shipperListener(Domain domain) {
    return new ShipperListener() {
      @Override
      public void replicated(long lsn, HostPositions positions) {
        domain.replicated(lsn, positions);
      }

      @Override
      public void failed(Exception cause) {
        domain.failed("shipping to the object store stopped", cause);
      }

      @Override
      public void stored(long number, long objectBytes, long putNanos) {
        domain.stored(putNanos);
      }
    };
  }

  void start() {
    shipper.start();
  }

  /** Where the hosts are at the end of the chain as it was taken. */
  HostPositions positions() {
    return head.positions();
  }

  /** The time of the last record of the chain as it was taken. */
  long lastTimeMicros() {
    return head.lastTimeMicros();
  }

  long replicatedLsn() {
    return shipper.replicatedLsn();
  }

  /** What the store answers when uploads fail; null when they do not. */
  String trouble() {
    return shipper
        .lastError()
        .map(t -> t.message() + " (" + t.attempts() + " attempts)")
        .orElse(null);
  }

  Shipper shipper() {
    return shipper;
  }

  /** Ships what is forced, as far as the store takes it in the configured time. */
  void close() throws IOException {
    shipper.close();
    source.close();
  }
}
