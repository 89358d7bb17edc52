package io.drva.demo;

import io.drva.protocol.SessionFailedException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** The hosts of a {@link LoadPlan}, each with its connection and its thread. */
public final class Load implements AutoCloseable {
  static final int SECTOR_BYTES = 512;
  private static final int SIGNIFICANT_DIGITS = 3;

  private final LongSupplier nanos;
  private final Recorder latencyNanos = new Recorder(SIGNIFICANT_DIGITS);
  private final LoggedBytes loggedBytes = new LoggedBytes();
  private final List<HostLoad> hosts = new ArrayList<>();

  /**
   * @param nanos a monotonic clock
   */
  public Load(LoadPlan plan, LongSupplier nanos) {
    this.nanos = nanos;
    for (LoadPlan.Host host : plan.hosts()) {
      hosts.add(new HostLoad(host, nanos, latencyNanos, loggedBytes));
    }
  }

  /** Connects every host; returns before the connections stand. */
  public void connect(InetSocketAddress appliance, String domain) throws SessionFailedException {
    for (HostLoad host : hosts) {
      host.connect(appliance, domain);
    }
  }

  /**
   * Makes every host write all it has, and waits until all of it is replicated.
   *
   * @return nanoseconds from the first write to the last {@code replicated} acknowledgement
   */
  public long run(Duration replicationTimeout) throws SessionFailedException, InterruptedException {
    return run(Duration.ofNanos(Long.MAX_VALUE), replicationTimeout);
  }

  /** As {@link #run(Duration)}, but no host begins a write after so long. */
  public long run(Duration writing, Duration replicationTimeout)
      throws SessionFailedException, InterruptedException {
    long start = nanos.getAsLong();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("host-", 1).factory())) {
      List<Future<?>> running = new ArrayList<>();
      for (HostLoad host : hosts) {
        running.add(
            threads.submit(
                () -> {
                  host.run(writing, replicationTimeout);
                  return null;
                }));
      }
      try {
        for (Future<?> host : running) {
          host.get();
        }
      } catch (ExecutionException e) {
        running.forEach(other -> other.cancel(true));
        switch (e.getCause()) {
          case SessionFailedException failed -> throw failed;
          case InterruptedException interrupted -> throw interrupted;
          default -> throw new IllegalStateException("a host's load failed", e.getCause());
        }
      }
    }
    return nanos.getAsLong() - start;
  }

  /** No host begins another write. */
  public void endWriting() {
    hosts.forEach(HostLoad::endWriting);
  }

  /** What was acknowledged as logged, by all hosts together. */
  public LoggedBytes loggedBytes() {
    return loggedBytes;
  }

  /**
   * How far a host's session is, in writes.
   *
   * @param sentSeq handed to the client library
   * @param loggedSeq acknowledged as logged
   * @param replicatedSeq acknowledged as replicated
   */
  public record Position(String host, long sentSeq, long loggedSeq, long replicatedSeq) {}

  /** Where each host is now. */
  public List<Position> positions() {
    return hosts.stream().map(HostLoad::position).toList();
  }

  /** Waits until no session stands: every acknowledgement that reached a host has been counted. */
  public void awaitDisconnected() throws InterruptedException {
    for (HostLoad host : hosts) {
      host.awaitDisconnected();
    }
  }

  /**
   * Waits until of each host all is replicated that was logged at its position.
   *
   * @return false if that did not happen in time
   */
  public boolean awaitReplicated(List<Position> positions, Duration timeout)
      throws SessionFailedException, InterruptedException {
    long end = nanos.getAsLong() + timeout.toNanos();
    for (int h = 0; h < hosts.size(); h++) {
      Duration left = Duration.ofNanos(end - nanos.getAsLong());
      if (!hosts.get(h).awaitReplicated(positions.get(h).loggedSeq(), left)) {
        return false;
      }
    }
    return true;
  }

  /** Sessions that stood, of all hosts together. */
  public int connections() {
    return hosts.stream().mapToInt(HostLoad::connections).sum();
  }

  public long writesSent() {
    return hosts.stream().mapToLong(HostLoad::writesSent).sum();
  }

  public long bytesSent() {
    return hosts.stream().mapToLong(HostLoad::bytesSent).sum();
  }

  /** Without the extents of zeroes and discards. */
  public long dataBytesSent() {
    return hosts.stream().mapToLong(HostLoad::dataBytesSent).sum();
  }

  /**
   * Nanoseconds from handing a write to the client library to its {@code logged} acknowledgement,
   * since the last call.
   */
  public Histogram ackLatencyNanos() {
    return latencyNanos.getIntervalHistogram();
  }

  /** Drops the connections, and what is not logged. */
  public void abort() {
    hosts.forEach(HostLoad::abort);
  }

  @Override
  public void close() {
    hosts.forEach(HostLoad::close);
  }
}
