package io.drva.demo;

import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.drva.protocol.SessionFailedException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.HdrHistogram.Recorder;

/**
 * One host that writes: sends the writes of its plan, keeps the model of what its disks must look
 * like, and measures how long each write takes to be acknowledged as logged. One thread writes;
 * acknowledgements come on the client's event loop.
 */
final class HostLoad implements AutoCloseable {
  /** More than the writes that any window holds: 16 MiB of 512-byte writes are 29,000. */
  private static final int OUTSTANDING_MAX = 1 << 17;

  private static final int CLOSE_TIMEOUT_MS = 60_000;
  private static final int RECONNECT_MS_MIN = 50;
  private static final int RECONNECT_MS_MAX = 500;

  /** Small, because at full speed a write waits for all that is retained before it. */
  private static final int RETAINED_BYTES_MAX = 4 << 20;

  private final LoadPlan.Host host;
  private final LongSupplier nanos;
  private final Recorder latencyNanos;
  private final LoggedBytes loggedBytes;
  private final long[] sentNanos = new long[OUTSTANDING_MAX];
  private final int[] sentBytes = new int[OUTSTANDING_MAX];
  private long lastLogged;
  private HostClient client;
  private final List<DiskStream> streams = new ArrayList<>();
  private long version;
  private final AtomicInteger connections = new AtomicInteger();
  private final LongAdder bytesSent = new LongAdder();
  private final LongAdder dataBytesSent = new LongAdder();
  private volatile long writesSent;
  private volatile boolean ended;

  /** Whether a session stands; guarded by this. */
  private boolean connected;

  HostLoad(LoadPlan.Host host, LongSupplier nanos, Recorder latencyNanos, LoggedBytes loggedBytes) {
    this.host = host;
    this.nanos = nanos;
    this.latencyNanos = latencyNanos;
    this.loggedBytes = loggedBytes;
  }

  /** Sessions that stood, the first included. */
  int connections() {
    return connections.get();
  }

  long writesSent() {
    return writesSent;
  }

  long bytesSent() {
    return bytesSent.sum();
  }

  long dataBytesSent() {
    return dataBytesSent.sum();
  }

  void connect(InetSocketAddress appliance, String domain) throws SessionFailedException {
    client =
        HostClient.connect(
            ClientOptions.builder(appliance, host.name(), domain)
                .software("drva demo")
                .closeTimeoutMs(CLOSE_TIMEOUT_MS)
                .retainedBytesMax(RETAINED_BYTES_MAX)
                .reconnectMs(RECONNECT_MS_MIN, RECONNECT_MS_MAX)
                .listener(
                    new HostClient.Listener() {
                      @Override
                      public void connected(long loggedSeq, long replicatedSeq) {
                        connections.incrementAndGet();
                        session(true);
                      }

                      @Override
                      public void disconnected(String reason) {
                        session(false);
                      }

                      @Override
                      public void failed(SessionFailedException cause) {
                        session(false);
                      }

                      @Override
                      public void logged(long seq) {
                        HostLoad.this.logged(seq);
                      }
                    })
                .build());
    for (DiskModel disk : host.disks()) {
      streams.add(client.open(disk.vm(), disk.name(), disk.capacityBytes(), Load.SECTOR_BYTES));
    }
  }

  private synchronized void session(boolean stands) {
    connected = stands;
    notifyAll();
  }

  synchronized void awaitDisconnected() throws InterruptedException {
    while (connected) {
      wait();
    }
  }

  private void logged(long seq) {
    long now = nanos.getAsLong();
    long bytes = 0;
    for (long s = lastLogged + 1; s <= seq; s++) {
      int at = (int) (s & (OUTSTANDING_MAX - 1));
      latencyNanos.recordValue(Math.max(0, now - sentNanos[at]));
      bytes += sentBytes[at];
    }
    lastLogged = seq;
    loggedBytes.add(bytes);
  }

  /** Sends every write that it comes to in time, and waits until all are replicated. */
  void run(Duration writing, Duration replicationTimeout)
      throws SessionFailedException, InterruptedException {
    WriteSource writes = host.writes();
    long start = nanos.getAsLong();
    while (!ended && nanos.getAsLong() - start < writing.toNanos() && writes.next()) {
      awaitDue(start + TimeUnit.MICROSECONDS.toNanos(writes.dueMicros()));
      send(writes);
    }
    if (!client.awaitReplicated(client.lastSeq(), replicationTimeout)) {
      throw new IllegalStateException(
          "host "
              + host.name()
              + ": writes up to "
              + client.lastSeq()
              + " were sent, but only "
              + client.replicatedSeq()
              + " were replicated within "
              + replicationTimeout.toSeconds()
              + " s");
    }
  }

  void endWriting() {
    ended = true;
  }

  Load.Position position() {
    // In this order, so that each is at most the next.
    long replicated = client.replicatedSeq();
    long logged = client.loggedSeq();
    return new Load.Position(host.name(), client.lastSeq(), logged, replicated);
  }

  boolean awaitReplicated(long seq, Duration timeout)
      throws SessionFailedException, InterruptedException {
    return client.awaitReplicated(seq, timeout);
  }

  private void send(WriteSource writes) throws SessionFailedException, InterruptedException {
    DiskModel model = host.disks().get(writes.disk());
    DiskStream stream = streams.get(writes.disk());
    long offset = writes.offsetBytes();
    int length = writes.lengthBytes();
    version++;
    // Sequence numbers are dense and this is the only thread that takes them, so the next one is
    // known.
    int at = (int) ((client.lastSeq() + 1) & (OUTSTANDING_MAX - 1));
    sentBytes[at] = length;
    sentNanos[at] = nanos.getAsLong();
    switch (writes.kind()) {
      case WRITE -> {
        ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
        Payload.write(
            data,
            model.disk(),
            offset / Payload.SECTOR_BYTES,
            length / Payload.SECTOR_BYTES,
            (int) version);
        stream.write(offset, data);
        model.written(offset, length, (int) version);
        dataBytesSent.add(length);
      }
      case ZERO -> {
        stream.zero(offset, length);
        model.written(offset, length, 0);
      }
      case DISCARD -> {
        stream.discard(offset, length);
        model.written(offset, length, 0);
      }
    }
    writesSent = version;
    bytesSent.add(length);
  }

  private void awaitDue(long dueNanos) throws InterruptedException {
    for (long wait = dueNanos - nanos.getAsLong(); wait > 0; wait = dueNanos - nanos.getAsLong()) {
      LockSupport.parkNanos(wait);
      if (Thread.interrupted()) {
        throw new InterruptedException("load stopped");
      }
    }
  }

  void abort() {
    if (client != null) {
      client.abort();
    }
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }
}
