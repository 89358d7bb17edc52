package io.drva.appliance;

import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.SegmentBuffers;
import io.drva.blobsink.StoreException;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeException;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The domains of an appliance: takes them up, one at a time, and lets go of them. All methods are
 * thread-safe; looking a domain up waits for nothing.
 */
final class Domains implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Domains.class);
  private static final long STORE_RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Frames that may wait for log writers, of all domains together. */
  private static final long QUEUE_BYTES = 48L << 20;

  /** Of one domain. */
  private static final long QUEUE_BYTES_MAX = 24L << 20;

  private final LogVolume volume;
  private final ObjectStore store;
  private final SegmentBuffers segmentBuffers;
  private final MeterRegistry metrics;
  private final ApplianceConfig config;
  private final Platform platform;

  /** Held while a domain is taken up or let go of. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition retry;

  /** Changed under the lock. */
  private final SortedMap<String, Domain> byName = new ConcurrentSkipListMap<>();

  /** Those whose store did not answer; guarded by the lock. */
  private final Set<Domain> waiting = new LinkedHashSet<>();

  /** Takes up those that wait, while there are any; guarded by the lock. */
  private volatile Thread retrying;

  /** Guarded by the lock. */
  private boolean closed;

  Domains(
      LogVolume volume,
      ObjectStore store,
      SegmentBuffers segmentBuffers,
      MeterRegistry metrics,
      ApplianceConfig config,
      Platform platform) {
    this.volume = volume;
    this.store = store;
    this.segmentBuffers = segmentBuffers;
    this.metrics = metrics;
    this.config = config;
    this.platform = platform;
    this.retry = platform.conditions().apply(lock);
  }

  /** The domain, null when it is not assigned to this appliance. */
  Domain get(String name) {
    return byName.get(name);
  }

  Collection<Domain> all() {
    return byName.values();
  }

  /**
   * Takes domains up at start. All have their share of the volume before the first is served. One
   * whose store does not answer is tried again until it does; one that cannot be taken up for
   * another reason has failed.
   */
  void takeUp(Collection<String> names) {
    for (Domain domain : withShare(names)) {
      lock.lock();
      try {
        if (!closed) {
          connectOrWait(domain);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private List<Domain> withShare(Collection<String> names) {
    List<Domain> ready = new ArrayList<>();
    lock.lock();
    try {
      for (String name : names) {
        if (!closed && !byName.containsKey(name)) {
          Domain domain = newDomain(name);
          add(domain);
          try {
            volume.reserve(name);
            ready.add(domain);
          } catch (IOException e) {
            domain.failed("cannot be taken up", e);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    return ready;
  }

  private void connectOrWait(Domain domain) {
    waiting.remove(domain);
    try {
      connect(domain);
    } catch (StoreException e) {
      domain.waiting(e.getMessage());
      waiting.add(domain);
      if (retrying == null) {
        retrying = platform.threads().newThread(this::retry);
        retrying.setName("assign");
        retrying.start();
      }
    } catch (ControlException | IOException | RuntimeException | Error e) {
      domain.failed("cannot be taken up", e);
    }
  }

  private void retry() {
    lock.lock();
    try {
      while (!waiting.isEmpty()) {
        long left = STORE_RETRY_NANOS;
        while (left > 0 && !waiting.isEmpty()) {
          left = retry.awaitNanos(left);
        }
        List.copyOf(waiting).forEach(this::connectOrWait);
      }
    } catch (InterruptedException e) {
      LOG.debug("the appliance stops", e);
    } finally {
      retrying = null;
      lock.unlock();
    }
  }

  /**
   * Assigns a domain to this appliance. A domain that it has already is left as it is, unless it
   * has failed: then it is taken up anew.
   *
   * @throws ControlException when the name is not allowed, the store does not answer, or log and
   *     container do not fit together
   */
  Domain assign(String name) throws ControlException {
    lock.lock();
    try {
      Domain present = assignable(name);
      return present == null ? begin(name, this::connect) : present;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Assigns a domain that has a chain and no log on this volume, wherever it was before: its new
   * log goes on where the chain ends. What only a log elsewhere has is lost to the chain, and the
   * hosts that sent it must resynchronize.
   *
   * @throws ControlException when this appliance has the domain, or its volume a log of it, when
   *     there is no chain, or when the store does not answer
   */
  Domain takeOver(String name) throws ControlException {
    lock.lock();
    try {
      if (assignable(name) != null) {
        throw new ControlException(409, "domain " + name + " is assigned to this appliance");
      }
      return begin(
          name,
          domain -> Replication.takeOver(domain, volume, store, segmentBuffers, config, platform));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Unassigns a domain of which everything is replicated, and gives back what its log holds; or one
   * that has failed and has no log here.
   *
   * @throws ControlException when this appliance does not have it, when hosts are connected, or
   *     something is not replicated
   */
  void unassign(String name) throws ControlException {
    lock.lock();
    try {
      Domain domain = byName.get(name);
      if (domain == null) {
        throw new ControlException(404, "domain '" + name + "' is not assigned to this appliance");
      }
      if (domain.state() == DomainState.FAILED && !volume.domains().contains(name)) {
        close(domain);
        volume.release(name);
      } else {
        domain.retire();
        volume.removeDomain(name);
      }
      byName.remove(name);
      divideQueue();
    } catch (IOException e) {
      throw new ControlException(500, "domain " + name + ": " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  /** A domain of which there is nothing more to do; null when it is to be taken up. */
  private Domain assignable(String name) throws ControlException {
    if (closed) {
      throw new ControlException(503, "the appliance stops");
    }
    if (!ConfigFile.isDomainName(name)) {
      throw new ControlException(
          400, "'" + name + "' is not a domain name: " + ConfigFile.DOMAIN_RULE);
    }
    Domain present = byName.get(name);
    if (present != null
        && (present.state() == DomainState.FAILED || present.state() == DomainState.CLOSED)) {
      close(present);
      return null;
    }
    return present;
  }

  /** How a domain gets its log and its chain. */
  private interface Start {
    void of(Domain domain) throws IOException, ControlException;
  }

  private Domain begin(String name, Start start) throws ControlException {
    Domain domain = newDomain(name);
    try {
      volume.reserve(name); // Before anything is made in the store, or an owner is fenced.
      start.of(domain);
      add(domain);
      return domain;
    } catch (ControlException e) {
      throw refused(domain, e.status(), e);
    } catch (VolumeException e) {
      throw refused(domain, 409, e);
    } catch (StoreException e) {
      throw refused(domain, 502, e);
    } catch (IOException e) {
      throw refused(domain, 500, e);
    } catch (RuntimeException | Error e) {
      refused(domain, 500, e);
      throw e;
    }
  }

  /** A domain that this appliance had before stays, as one that has failed. */
  private ControlException refused(Domain domain, int status, Throwable why) {
    if (byName.containsKey(domain.name())) {
      domain.failed("cannot be taken up", why);
      byName.put(domain.name(), domain);
    } else {
      close(domain);
      release(domain);
    }
    return new ControlException(
        status, "domain " + domain.name() + " cannot be taken up: " + why.getMessage(), why);
  }

  private void release(Domain domain) {
    try {
      volume.release(domain.name());
    } catch (IOException e) {
      // The volume has stopped, and says so; or what was reserved stays the domain's until it is
      // assigned, or the appliance starts again.
      LOG.warn("domain {}: {}", domain.name(), e.getMessage(), e);
    }
  }

  private Domain newDomain(String name) {
    return new Domain(
        name, platform, new DomainMetrics(metrics, name), QUEUE_BYTES_MAX, this::spaceFreed);
  }

  /** Has the domain known, and the memory for waiting frames divided anew. */
  private void add(Domain domain) {
    byName.put(domain.name(), domain);
    divideQueue();
  }

  private void divideQueue() {
    if (byName.isEmpty()) {
      return;
    }
    long each = Math.min(QUEUE_BYTES_MAX, QUEUE_BYTES / byName.size());
    byName.values().forEach(d -> d.queueBytes(each));
  }

  private void connect(Domain domain) throws IOException, ControlException {
    Replication.connect(domain, volume, store, segmentBuffers, config, platform);
  }

  private void spaceFreed() {
    byName.values().forEach(Domain::spaceFreed);
  }

  /** Lets go of all, and takes up no more. Interrupts a domain's being taken up. */
  @Override
  public void close() {
    Thread connecting = retrying;
    if (connecting != null) {
      connecting.interrupt();
    }
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      retry.signalAll();
      byName.values().forEach(Domains::close);
    } finally {
      lock.unlock();
    }
  }

  private static void close(Domain domain) {
    try {
      domain.close();
    } catch (IOException | RuntimeException e) {
      // The others must be let go of all the same; what was acknowledged is durable already.
      LOG.warn("domain {}: while it is let go: {}", domain.name(), e.getMessage(), e);
    }
  }
}
