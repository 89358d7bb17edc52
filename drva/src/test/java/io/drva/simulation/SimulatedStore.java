package io.drva.simulation;

import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectContent;
import io.drva.blobsink.ObjectInfo;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectVisitor;
import io.drva.blobsink.PutResult;
import io.drva.blobsink.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * An object store and the way to it: requests take their time, fail, are applied although their
 * answer is lost, or are applied long after their sender has given up.
 */
final class SimulatedStore {
  private static final long LATENCY_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long LATENCY_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(60);
  private static final long LATE_NANOS_MAX = TimeUnit.SECONDS.toNanos(90);
  private static final int LIST_PAGE = 4;

  /** Told of every object when it comes to exist. */
  interface Listener {
    void created(String domain, String object, byte[] content);
  }

  private final Scheduler scheduler;
  private final SplittableRandom random;
  private final Faults faults;
  private final Defect defect;
  private final Listener listener;
  private final NavigableMap<String, NavigableMap<String, byte[]>> containers = new TreeMap<>();
  private int failuresPercent;
  private int slowness = 1;
  private boolean down;
  private long bytes;

  SimulatedStore(
      Scheduler scheduler,
      SplittableRandom random,
      Faults faults,
      Defect defect,
      Listener listener) {
    this.scheduler = scheduler;
    this.defect = defect;
    this.random = random;
    this.faults = faults;
    this.listener = listener;
  }

  void failures(int percent) {
    failuresPercent = percent;
  }

  /** Requests take so many times as long. */
  void slowness(int factor) {
    slowness = factor;
  }

  void down(boolean isDown) {
    down = isDown;
  }

  /** What all objects take. */
  long bytes() {
    return bytes;
  }

  private NavigableMap<String, byte[]> objects(String domain) {
    return containers.computeIfAbsent(domain, _ -> new TreeMap<>());
  }

  /** The store as one process reaches it, for as long as it lives. */
  Access access() {
    return new Access();
  }

  /** A container as it is, without any faults. */
  Container plain(String domain) {
    return new Plain(domain);
  }

  final class Access implements ObjectStore {
    private boolean cut;

    /** From now on no request gets through; one under way may. */
    void cut() {
      cut = true;
    }

    @Override
    public Container container(String domain) {
      return new Remote(this, domain);
    }

    @Override
    public List<String> domains() {
      return new ArrayList<>(containers.navigableKeySet());
    }

    @Override
    public String location() {
      return "simulated";
    }

    @Override
    public void close() {}
  }

  private final class Remote implements Container {
    private final Access access;
    private final String domain;
    private final Container plain;

    Remote(Access access, String domain) {
      this.access = access;
      this.domain = domain;
      this.plain = new Plain(domain);
    }

    private StoreException failure(String operation, String object, String why) {
      return StoreException.of(
          StoreException.Reason.UNAVAILABLE, operation, this, object, -1, why, null);
    }

    /** A request goes its way, and does not arrive, or arrives. */
    private void request(String operation, String object) throws StoreException {
      scheduler.trace(object == null ? 0 : object.hashCode());
      travel(operation, object);
      if (down || access.cut) {
        throw failure(operation, object, "the store does not answer");
      }
      if (random.nextInt(100) < failuresPercent) {
        faults.count(Faults.Kind.STORE_REQUEST_FAILED);
        throw failure(operation, object, "503 Server Busy");
      }
    }

    private void travel(String operation, String object) throws StoreException {
      long nanos = random.nextLong(LATENCY_NANOS_MIN, LATENCY_NANOS_MAX) * slowness;
      if (!scheduler.sleepInterruptibly(nanos)) {
        throw failure(operation, object, "interrupted");
      }
    }

    @Override
    public PutResult put(String object, ObjectContent content) throws StoreException {
      try {
        request("put", object);
      } catch (StoreException e) {
        if (random.nextInt(4) == 0) {
          later(object, content);
        }
        throw e;
      }
      if (defect == Defect.OBJECT_NOT_STORED && random.nextInt(16) == 0) {
        return PutResult.CREATED;
      }
      PutResult result = plain.put(object, content);
      if (random.nextInt(100) < failuresPercent) {
        faults.count(Faults.Kind.STORE_ANSWER_LOST);
        if (random.nextBoolean()) {
          return PutResult.EXISTS; // A library asked again by itself.
        }
        throw failure("put", object, "the connection was closed");
      }
      travel("put", object);
      if (access.cut) {
        throw failure("put", object, "the connection was closed");
      }
      return result;
    }

    /** The request has been on its way all the time; what it reads is what is there by then. */
    private void later(String object, ObjectContent content) {
      scheduler.after(
          random.nextLong(LATE_NANOS_MAX),
          () -> {
            faults.count(Faults.Kind.STORE_REQUEST_LATE);
            try {
              plain.put(object, content);
            } catch (StoreException e) {
              throw new IllegalStateException("a map does not fail", e);
            }
          });
    }

    @Override
    public int read(String object, long offset, ByteBuffer into) throws StoreException {
      request("read", object);
      int count = plain.read(object, offset, into);
      travel("read", object);
      return count;
    }

    @Override
    public Optional<ObjectInfo> stat(String object) throws StoreException {
      request("stat", object);
      Optional<ObjectInfo> info = plain.stat(object);
      travel("stat", object);
      return info;
    }

    /** Page by page: a listing is not a moment. */
    @Override
    public void list(String prefix, ObjectVisitor visitor) throws IOException {
      String from = prefix;
      boolean goesOn = true;
      while (goesOn) {
        request("list", null);
        List<String> page = new ArrayList<>();
        for (String name : objects(domain).tailMap(from).keySet()) {
          if (page.size() == LIST_PAGE || !name.startsWith(prefix)) {
            break;
          }
          page.add(name);
        }
        for (String name : page) {
          goesOn = goesOn && visitor.object(new ObjectInfo(name, objects(domain).get(name).length));
        }
        goesOn &= page.size() == LIST_PAGE;
        from = page.isEmpty() ? from : page.getLast() + "\0";
      }
    }

    @Override
    public String name() {
      return domain;
    }

    @Override
    public String location() {
      return plain.location();
    }

    @Override
    public void createIfAbsent() throws StoreException {
      request("create", null);
    }
  }

  private final class Plain implements Container {
    private final String domain;

    Plain(String domain) {
      this.domain = domain;
    }

    @Override
    public PutResult put(String object, ObjectContent content) {
      if (objects(domain).containsKey(object)) {
        return PutResult.EXISTS;
      }
      ByteBuffer stored = ByteBuffer.allocate(Math.toIntExact(content.lengthBytes()));
      content.buffers().forEach(stored::put);
      objects(domain).put(object, stored.array());
      scheduler.trace(object.hashCode() * 31L + stored.capacity());
      bytes += stored.capacity();
      listener.created(domain, object, stored.array());
      return PutResult.CREATED;
    }

    @Override
    public int read(String object, long offset, ByteBuffer into) throws StoreException {
      byte[] bytes = objects(domain).get(object);
      if (bytes == null) {
        throw StoreException.of(
            StoreException.Reason.NOT_FOUND, "read", this, object, offset, "no such object", null);
      }
      int from = (int) Math.min(offset, bytes.length);
      int count = Math.min(into.remaining(), bytes.length - from);
      into.put(bytes, from, count);
      return count;
    }

    @Override
    public Optional<ObjectInfo> stat(String object) {
      return Optional.ofNullable(objects(domain).get(object))
          .map(bytes -> new ObjectInfo(object, bytes.length));
    }

    @Override
    public void list(String prefix, ObjectVisitor visitor) throws IOException {
      for (String name : List.copyOf(objects(domain).tailMap(prefix).keySet())) {
        boolean matches = name.startsWith(prefix);
        if (!matches || !visitor.object(new ObjectInfo(name, objects(domain).get(name).length))) {
          return;
        }
      }
    }

    @Override
    public String name() {
      return domain;
    }

    @Override
    public String location() {
      return "simulated:" + domain;
    }

    @Override
    public void createIfAbsent() {}
  }
}
