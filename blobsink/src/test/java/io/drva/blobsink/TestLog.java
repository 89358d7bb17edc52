package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A log in memory. Records are appended by one thread and read through {@link #source} by another.
 */
public final class TestLog {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private final List<TestRecord> records = new ArrayList<>();

  public void append(TestRecord... more) {
    append(List.of(more));
  }

  public void append(List<TestRecord> more) {
    lock.lock();
    try {
      records.addAll(more);
      grown.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private TestRecord get(int index) {
    lock.lock();
    try {
      return index < records.size() ? records.get(index) : null;
    } finally {
      lock.unlock();
    }
  }

  /** A cursor before the record at an index. */
  public RecordSource source(int index) {
    return new Source(index);
  }

  private final class Source implements RecordSource {
    private int nextIndex;
    private TestRecord record;

    Source(int nextIndex) {
      this.nextIndex = nextIndex;
    }

    @Override
    public boolean next() {
      TestRecord next = get(nextIndex);
      if (next == null) {
        return false;
      }
      record = next;
      nextIndex++;
      return true;
    }

    @Override
    public void await(long timeoutNanos) throws InterruptedException {
      lock.lock();
      try {
        long left = timeoutNanos;
        while (nextIndex >= records.size() && left > 0) {
          left = grown.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public long lsn() {
      return record.lsn();
    }

    @Override
    public RecordType type() {
      return record.type();
    }

    @Override
    public int flags() {
      return record.flags();
    }

    @Override
    public int hostNumber() {
      return record.host().number();
    }

    @Override
    public long sequence() {
      return record.sequence();
    }

    @Override
    public int diskNumber() {
      return record.disk() == null ? 0 : record.disk().number();
    }

    @Override
    public long offsetBytes() {
      return record.offsetBytes();
    }

    @Override
    public long lengthBytes() {
      return record.lengthBytes();
    }

    @Override
    public long timeMicros() {
      return record.timeMicros();
    }

    @Override
    public int dataCrc32c() {
      return record.dataCrc32c();
    }

    @Override
    public ByteBuffer data() {
      return record.data().duplicate();
    }

    @Override
    public String hostName() {
      return record.host().name();
    }

    @Override
    public UUID hostIncarnation() {
      return record.host().incarnation();
    }

    @Override
    public String vmName() {
      return record.disk().vm();
    }

    @Override
    public String diskName() {
      return record.disk().name();
    }
  }
}
