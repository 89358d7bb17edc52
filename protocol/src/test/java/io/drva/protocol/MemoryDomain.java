package io.drva.protocol;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A domain in memory, written for the tests: applies what it gets, acknowledges each batch as
 * logged unless told to hold back, and remembers everything.
 */
final class MemoryDomain implements SessionAcceptor {
  /** What is left of an extent. */
  record Applied(
      String host,
      long seq,
      FrameType type,
      int disk,
      long offset,
      long length,
      int crc,
      int flags) {}

  static final String NAME = "orders";

  private static final class Host {
    UUID incarnation;
    long loggedSeq;
    Handler current;
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<String, Host> hosts = new HashMap<>();
  private final Map<String, Integer> disks = new HashMap<>();
  private final Map<Integer, Handler> claims = new HashMap<>();
  private final List<Applied> applied = new ArrayList<>();
  private final List<SessionEnd> ends = new ArrayList<>();
  private final List<ServerSession> sessions = new ArrayList<>();

  volatile boolean acknowledge = true;
  volatile boolean welcome = true;
  volatile Consumer<ExtentFrame> onExtent = frame -> {};

  @Override
  public SessionHandler attach(ServerSession session) throws ProtocolException {
    if (!session.domain().equals(NAME)) {
      throw new ProtocolException(ErrorCode.UNKNOWN_DOMAIN, "no domain " + session.domain());
    }
    return locked(
        () -> {
          sessions.add(session);
          Host host = hosts.computeIfAbsent(session.host(), name -> new Host());
          if (host.current != null) {
            host.current.session.fail(ErrorCode.SUPERSEDED, "a newer connection took over");
            host.current.detach();
          }
          if (!session.incarnation().equals(host.incarnation)) {
            host.incarnation = session.incarnation();
            host.loggedSeq = 0;
          }
          host.current = new Handler(host, session);
          if (welcome) {
            session.welcome(host.loggedSeq, host.loggedSeq);
          }
          return host.current;
        });
  }

  List<Applied> applied() {
    return locked(() -> List.copyOf(applied));
  }

  List<SessionEnd> ends() {
    return locked(() -> List.copyOf(ends));
  }

  ServerSession session(int index) {
    return locked(() -> sessions.get(index));
  }

  /** Waits, without sleeping, until something that this domain changes is true. */
  void await(String what, BooleanSupplier condition) throws InterruptedException {
    lock.lock();
    try {
      long nanos = 20_000_000_000L;
      while (!condition.getAsBoolean()) {
        if (nanos <= 0) {
          throw new AssertionError("not in time: " + what);
        }
        nanos = changed.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private <T> T locked(java.util.function.Supplier<T> action) {
    lock.lock();
    try {
      T result = action.get();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }

  private final class Handler implements SessionHandler {
    private final Host host;
    private final ServerSession session;
    private boolean detached;

    Handler(Host host, ServerSession session) {
      this.host = host;
      this.session = session;
    }

    void detach() {
      detached = true;
      claims.values().removeIf(owner -> owner == this);
    }

    @Override
    public int open(String vm, String disk, long capacityBytes, int sectorBytes)
        throws ProtocolException {
      lock.lock();
      try {
        int number = disks.computeIfAbsent(vm + "/" + disk, name -> disks.size() + 1);
        Handler owner = claims.putIfAbsent(number, this);
        if (owner != null && owner != this) {
          throw new ProtocolException(ErrorCode.STREAM_CLAIMED, disk + " is open elsewhere");
        }
        changed.signalAll();
        return number;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void extent(ExtentFrame frame) {
      lock.lock();
      try {
        onExtent.accept(frame);
        if (!detached) {
          int crc =
              frame.buffer() == null
                  ? 0
                  : Crc32c.of(frame.buffer().slice(frame.dataIndex(), frame.dataBytes()));
          applied.add(
              new Applied(
                  session.host(),
                  frame.seq(),
                  frame.type(),
                  frame.disk(),
                  frame.offsetBytes(),
                  frame.lengthBytes(),
                  crc,
                  frame.flags()));
          host.loggedSeq = frame.seq();
        }
        changed.signalAll();
      } finally {
        frame.release();
        lock.unlock();
      }
    }

    @Override
    public void readComplete() {
      if (acknowledge) {
        session.logged(locked(() -> host.loggedSeq));
        session.replicated(locked(() -> host.loggedSeq));
      }
    }

    @Override
    public void close() {
      session.logged(locked(() -> host.loggedSeq));
      session.finish();
    }

    @Override
    public void ended(SessionEnd end) {
      locked(
          () -> {
            ends.add(end);
            detach();
            if (host.current == this) {
              host.current = null;
            }
            return null;
          });
    }
  }
}
