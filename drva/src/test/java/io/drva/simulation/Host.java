package io.drva.simulation;

import io.drva.blobsink.RecordType;
import io.drva.protocol.ChannelClient;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.SessionFailedException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A host with some disks: writes to them in bursts, keeps what is not logged, and goes on after
 * whatever happens to its connection. What it was told it holds the appliance to. Everything is
 * done on its event loop.
 */
final class Host {
  private static final int RETAINED_BYTES_MAX = 4 << 20;
  private static final int FRAME_BYTES_MAX = 256 << 10;
  private static final int FRAME_OVERHEAD_BYTES = 256;

  /** What a burst comes to, more or less. */
  private static final int BURST_BYTES = 80 << 10;

  /** What a host needs of the simulation. */
  interface World {
    /**
     * Connects to whichever appliance is there: hands over a channel that stands, or says why there
     * is none.
     */
    void connect(Host host, Incarnation incarnation, ChannelClient client);

    /** Something was promised that did not hold, or refused that must not be. */
    void violated(String what);
  }

  private final Scheduler scheduler;
  private final SplittableRandom random;
  private final World world;
  private final Faults faults;
  private final Plan plan;
  private final String name;
  private final String domain;
  private final Network.Route route;
  private final EventLoop loop;
  private final List<DiskImage> disks;
  private final List<Incarnation> incarnations = new ArrayList<>();
  private final Map<DiskImage, DiskStream> streams = new HashMap<>();
  private long wallOffsetMicros;
  private long bytesLeft;
  private double load = 1;
  private Incarnation incarnation;
  private ChannelClient client;

  /** The size of what is not logged, by sequence number. */
  private final NavigableMap<Long, Integer> unlogged = new TreeMap<>();

  private long unloggedBytes;
  private boolean closing;
  private boolean closed;
  private boolean resting;

  Host(
      Scheduler scheduler,
      SplittableRandom random,
      World world,
      Faults faults,
      Plan plan,
      String name,
      String domain,
      Network.Route route,
      EventLoop loop,
      List<DiskImage> disks) {
    this.scheduler = scheduler;
    this.random = random;
    this.world = world;
    this.faults = faults;
    this.plan = plan;
    this.name = name;
    this.domain = domain;
    this.route = route;
    this.loop = loop;
    this.disks = disks;
    this.bytesLeft = plan.bytesPerHost();
  }

  String name() {
    return name;
  }

  String domain() {
    return domain;
  }

  Network.Route route() {
    return route;
  }

  EventLoop loop() {
    return loop;
  }

  List<DiskImage> disks() {
    return disks;
  }

  List<Incarnation> incarnations() {
    return incarnations;
  }

  /** Begins to write. */
  void start() {
    loop.execute(
        () -> {
          begin();
          loop.execute(this::work);
        });
  }

  /** Its clock jumps. */
  void jump(long micros) {
    wallOffsetMicros += micros;
  }

  private long wallMicros() {
    return Simulation.EPOCH_MICROS + scheduler.nanos() / 1000 + wallOffsetMicros;
  }

  /** The host crashes and comes back with empty memory. */
  void kill() {
    loop.execute(
        () -> {
          if (!resting) {
            faults.count(Faults.Kind.HOST_KILLED);
            client.abort();
            begin();
          }
        });
  }

  /** The host closes its session, and comes back some time later. */
  void closeAndReturn() {
    loop.execute(
        () -> {
          if (!resting) {
            closing = true;
            tryClose();
          }
        });
  }

  /** Writes no more; closes when all is replicated. */
  void rest() {
    loop.execute(
        () -> {
          resting = true;
          bytesLeft = 0;
          tryClose();
        });
  }

  /** Whether it rests, and everything is where it should be. */
  boolean isDone() {
    return resting && closed && incarnation.chainSeq() == incarnation.lastSeq();
  }

  /**
   * Begins with empty memory, under a new incarnation; or, which the appliance stands as long as it
   * knows of another since, under an old one.
   */
  private void begin() {
    UUID id = new UUID(random.nextLong(), random.nextLong());
    if (incarnation != null && incarnation.isWelcome() && random.nextInt(8) == 0) {
      UUID old = incarnations.get(random.nextInt(incarnations.size())).id();
      id = old.equals(incarnation.id()) ? id : old;
    }
    incarnation = new Incarnation(name, id, incarnations.size());
    incarnations.add(incarnation);
    for (DiskImage disk : disks) {
      if (random.nextInt(8) == 0) {
        disk.grow(disk.sectorBytes() * (1L + random.nextInt(64)));
      }
    }
    closing = false;
    closed = false;
    streams.clear();
    unlogged.clear();
    unloggedBytes = 0;
    Owner owner = new Owner(incarnation);
    client =
        new ChannelClient(
            ClientOptions.builder(route.appliance(), name, domain)
                .incarnation(incarnation.id())
                .retainedBytesMax(RETAINED_BYTES_MAX)
                .reconnectMs(50, 3_000)
                .welcomeTimeoutMs(30_000)
                .wallClockMicros(this::wallMicros)
                .random(random.split())
                .build(),
            loop,
            owner);
    owner.client = client;
    owner.connect();
  }

  private void work() {
    if (bytesLeft <= 0) {
      return;
    }
    long pauseNanos = plan.writing() == Plan.Writing.EVEN ? workEvenly() : workInBursts();
    var _ = loop.schedule(this::work, pauseNanos, TimeUnit.NANOSECONDS);
  }

  private long workEvenly() {
    long dataSeed = random.nextLong();
    while (!Change.compressesWell(dataSeed)) {
      dataSeed = random.nextLong();
    }
    DiskImage disk = disks.getFirst();
    int lengthBytes = (int) Math.min(FRAME_BYTES_MAX, disk.capacityBytes());
    submit(Change.of(RecordType.WRITE, disk, 0, lengthBytes, false, dataSeed));
    return TimeUnit.SECONDS.toNanos(plan.seconds()) / (plan.bytesPerHost() / lengthBytes + 1);
  }

  private long workInBursts() {
    if (!closing && !closed) {
      int count = random.nextInt(10) == 0 ? random.nextInt(1, 40) : random.nextInt(1, 4);
      for (int i = 0; i < count && bytesLeft > 0; i++) {
        change();
      }
    }
    if (random.nextInt(20) == 0) {
      load = Math.exp(random.nextDouble(-2, 2)); // Sometimes there is more to do, sometimes less.
    }
    double meanNanos = 1e9 * plan.seconds() * BURST_BYTES / plan.bytesPerHost();
    return (long) (random.nextDouble(2 * meanNanos) / load);
  }

  private void change() {
    DiskImage disk = disks.get(random.nextInt(disks.size()));
    RecordType type =
        switch (random.nextInt(20)) {
          case 0 -> RecordType.ZERO;
          case 1 -> RecordType.DISCARD;
          case 2, 3 -> RecordType.BASELINE;
          default -> RecordType.WRITE;
        };
    long sectors = disk.capacityBytes() / disk.sectorBytes();
    int sectorsMax = (int) Math.min(sectors, lengthBytesMax() / disk.sectorBytes());
    int lengthBytes = disk.sectorBytes() * random.nextInt(1, sectorsMax + 1);
    long offsetBytes =
        disk.sectorBytes() * random.nextLong(sectors - lengthBytes / disk.sectorBytes() + 1);
    boolean isLast = type == RecordType.BASELINE && random.nextInt(4) == 0;
    submit(Change.of(type, disk, offsetBytes, lengthBytes, isLast, random.nextLong()));
  }

  private void submit(Change change) {
    try {
      send(change);
    } catch (SessionFailedException e) {
      world.violated(this + " cannot write: " + e.getMessage());
    }
  }

  private int lengthBytesMax() {
    return switch (random.nextInt(12)) {
      case 0 -> FRAME_BYTES_MAX;
      case 1, 2 -> 64 << 10;
      case 3, 4, 5 -> 4 << 10;
      default -> 16 << 10;
    };
  }

  private void send(Change change) throws SessionFailedException {
    DiskImage disk = change.disk();
    DiskStream stream = streams.get(disk);
    if (stream == null) {
      stream = client.open(disk.vm(), disk.name(), disk.capacityBytes(), disk.sectorBytes());
      streams.put(disk, stream);
    }
    ByteBuf data = change.hasData() ? Unpooled.wrappedBuffer(change.data()) : null;
    long seq =
        switch (change.type()) {
          case WRITE -> stream.tryWrite(change.offsetBytes(), data);
          case ZERO -> stream.tryZero(change.offsetBytes(), change.lengthBytes());
          case DISCARD -> stream.tryDiscard(change.offsetBytes(), change.lengthBytes());
          case BASELINE -> tryBaseline(stream, change, data);
          default -> throw new IllegalArgumentException("not a change: " + change);
        };
    if (seq == 0) {
      if (data != null) {
        data.release();
      }
      return; // Held back: the guest has to wait, or the filter to mark the region.
    }
    bytesLeft -= change.lengthBytes();
    incarnation.sent(change, seq);
    int frameBytes = FRAME_OVERHEAD_BYTES + (change.hasData() ? change.lengthBytes() : 0);
    unlogged.put(seq, frameBytes);
    unloggedBytes += frameBytes;
  }

  /** Baseline data has no call that does not wait: asks for room first. */
  private long tryBaseline(DiskStream stream, Change change, ByteBuf data)
      throws SessionFailedException {
    if (unloggedBytes + change.lengthBytes() + FRAME_OVERHEAD_BYTES > RETAINED_BYTES_MAX) {
      return 0;
    }
    try {
      return stream.baseline(change.offsetBytes(), data, change.isLast());
    } catch (InterruptedException e) {
      throw new IllegalStateException("there was room", e);
    }
  }

  /**
   * Closes the session once everything is logged (when it goes away) or replicated (at the end).
   */
  private void tryClose() {
    if (closed || !(closing || resting)) {
      return;
    }
    long reachedSeq = resting ? client.replicatedSeq() : client.loggedSeq();
    if (reachedSeq == client.lastSeq()) {
      var _ = client.close();
    }
    // Again, until the appliance has answered: a connection may be lost meanwhile.
    var _ = loop.schedule(this::tryClose, 50, TimeUnit.MILLISECONDS);
  }

  /** What the client says, for as long as it is this host's. */
  private final class Owner implements ChannelClient.Owner {
    private final Incarnation of;
    private ChannelClient client;

    Owner(Incarnation of) {
      this.of = of;
    }

    @Override
    public void connect() {
      world.connect(Host.this, of, client);
    }

    @Override
    public void connected(long loggedSeq, long replicatedSeq) {
      of.welcome();
    }

    @Override
    public void logged(long seq) {
      of.logged(seq);
      if (of == incarnation) {
        NavigableMap<Long, Integer> done = unlogged.headMap(seq, true);
        unloggedBytes -= done.values().stream().mapToLong(bytes -> bytes).sum();
        done.clear();
      }
    }

    @Override
    public void closed() {
      faults.count(Faults.Kind.HOST_CLOSED);
      closed = true;
      if (of.loggedSeq() != of.lastSeq()) {
        world.violated(of + " was closed in order, but only " + of.loggedSeq() + " was logged");
      }
      var _ = loop.schedule(this::comeBack, random.nextInt(20_000), TimeUnit.MILLISECONDS);
    }

    private void comeBack() {
      if (of == incarnation && !resting) {
        begin();
      }
    }

    @Override
    public void failed(SessionFailedException cause) {
      if (of != incarnation) {
        return;
      }
      if (!of.isLogLost() || cause.code() != ErrorCode.SEQUENCE_GAP) {
        world.violated(of + " failed for good: " + cause.getMessage());
      }
      begin(); // Its filter would resynchronize the disks.
    }
  }

  @Override
  public String toString() {
    return "host " + name + " of " + domain;
  }
}
