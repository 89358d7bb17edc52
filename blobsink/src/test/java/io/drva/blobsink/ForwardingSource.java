package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Does what another source does; for tests that change one accessor. */
public class ForwardingSource implements RecordSource {
  private final RecordSource inner;

  public ForwardingSource(RecordSource inner) {
    this.inner = inner;
  }

  @Override
  public boolean next() throws IOException {
    return inner.next();
  }

  @Override
  public void await(long timeoutNanos) throws InterruptedException {
    inner.await(timeoutNanos);
  }

  @Override
  public long lsn() {
    return inner.lsn();
  }

  @Override
  public RecordType type() {
    return inner.type();
  }

  @Override
  public int flags() {
    return inner.flags();
  }

  @Override
  public int hostNumber() {
    return inner.hostNumber();
  }

  @Override
  public long sequence() {
    return inner.sequence();
  }

  @Override
  public int diskNumber() {
    return inner.diskNumber();
  }

  @Override
  public long offsetBytes() {
    return inner.offsetBytes();
  }

  @Override
  public long lengthBytes() {
    return inner.lengthBytes();
  }

  @Override
  public long timeMicros() {
    return inner.timeMicros();
  }

  @Override
  public int dataCrc32c() {
    return inner.dataCrc32c();
  }

  @Override
  public ByteBuffer data() {
    return inner.data();
  }

  @Override
  public String hostName() {
    return inner.hostName();
  }

  @Override
  public UUID hostIncarnation() {
    return inner.hostIncarnation();
  }

  @Override
  public String vmName() {
    return inner.vmName();
  }

  @Override
  public String diskName() {
    return inner.diskName();
  }
}
