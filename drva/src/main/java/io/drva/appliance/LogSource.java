package io.drva.appliance;

import io.drva.blobsink.ChainHead;
import io.drva.blobsink.HostPosition;
import io.drva.blobsink.RecordSource;
import io.drva.blobsink.RecordType;
import io.drva.logstore.DomainLog;
import io.drva.logstore.HostState;
import io.drva.logstore.LogReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * A domain's log as the shipper reads it. Made before the log writer starts; used by the shipper's
 * thread only.
 */
final class LogSource implements RecordSource, AutoCloseable {
  private final LogReader reader;
  private final Platform platform;
  private final Map<Integer, String> hostNames = new HashMap<>();
  private final Map<Integer, UUID> incarnations = new HashMap<>();

  /**
   * Reads from the first record that the chain does not hold.
   *
   * @param log as it was opened; hosts keep their numbers, and their incarnations are those of the
   *     chain's end until a record of the log says otherwise
   */
  LogSource(DomainLog log, ChainHead head, Platform platform) {
    this.platform = platform;
    reader = log.reader(head.lastLsn() + 1);
    for (HostState host : log.hosts()) {
      hostNames.put(host.number(), host.name());
      head.positions()
          .of(host.name())
          .map(HostPosition::incarnation)
          .ifPresent(i -> incarnations.put(host.number(), i));
    }
  }

  @Override
  public boolean next() throws IOException {
    if (!reader.next()) {
      return false;
    }
    if (type() == RecordType.HOST_ATTACHED) {
      hostNames.put(reader.host(), reader.hostName());
      incarnations.put(reader.host(), Incarnation.of(reader.incarnation()));
    }
    return true;
  }

  @Override
  public void await(long timeoutNanos) throws InterruptedException {
    try {
      reader.await(timeoutNanos);
    } catch (IOException e) {
      // The log has stopped, which its force thread tells the domain. Here it only means that
      // nothing more will come.
      platform.pause(timeoutNanos);
    }
  }

  @Override
  public long lsn() {
    return reader.lsn();
  }

  @Override
  public RecordType type() {
    return RecordType.of(reader.type());
  }

  @Override
  public int flags() {
    return reader.flags();
  }

  @Override
  public int hostNumber() {
    return reader.host();
  }

  @Override
  public long sequence() {
    return reader.seq();
  }

  @Override
  public int diskNumber() {
    return reader.disk();
  }

  @Override
  public long offsetBytes() {
    return reader.offsetBytes();
  }

  @Override
  public long lengthBytes() {
    return Integer.toUnsignedLong(reader.lengthBytes());
  }

  @Override
  public long timeMicros() {
    return reader.timeMicros();
  }

  @Override
  public int dataCrc32c() {
    return reader.dataCrc32c();
  }

  @Override
  public ByteBuffer data() {
    return reader.data();
  }

  @Override
  public String hostName() {
    return hostNames.get(reader.host());
  }

  @Override
  public UUID hostIncarnation() {
    return incarnations.get(reader.host());
  }

  @Override
  public String vmName() {
    return reader.vmName();
  }

  @Override
  public String diskName() {
    return reader.diskName();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
