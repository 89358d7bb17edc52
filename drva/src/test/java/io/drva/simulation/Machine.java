package io.drva.simulation;

import io.drva.appliance.ApplianceConfig;
import io.drva.appliance.ControlException;
import io.drva.appliance.DomainState;
import io.drva.appliance.DomainStatus;
import io.drva.appliance.Platform;
import io.drva.appliance.PortlessAppliance;
import io.drva.blobsink.SegmentBuffers;
import io.drva.logstore.DurableRecords;
import io.drva.logstore.LogVolume;
import io.drva.logstore.PowerCutDisk;
import io.drva.logstore.SimulatedDisk;
import io.drva.logstore.SimulatedVolumes;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.FrameTap;
import io.drva.protocol.Pressure;
import io.drva.protocol.ServedConnection;
import io.drva.protocol.ServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A machine on which the appliance runs: the production code from the channels' handlers to the
 * log's files and the requests to the store, on simulated threads, time, disk, network and store.
 */
final class Machine {
  private static final int RECEIVE_BYTES = 128 << 10;
  private static final Pattern SAYS_REPLACED = Pattern.compile("fenced|taken the domain over");
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(4);

  /** What the simulation decides and hears. */
  interface World {
    /** An operation of the disk: takes its time, or fails. */
    void operation(Machine machine, SimulatedDisk.Kind kind) throws IOException;

    /** Whether the machine's volume is a copy that has not gone on with all of its chains yet. */
    boolean isCopy();

    void violated(String what);
  }

  private final Scheduler scheduler;
  private final SplittableRandom random;
  private final World world;
  private final Plan plan;
  private final Scheduler.SimulatedProcess process;
  private final SimulatedStore.Access store;
  private final SimulatedDisk disk;
  private final DurableRecords durable;
  private final Path folder;
  private final boolean takesOver;
  private final Platform platform;
  private final ServerOptions serverOptions;
  private final List<SimulatedLoop> loops = new ArrayList<>();
  private final List<Network.Connection> connections = new ArrayList<>();
  private final List<ServedConnection> sessions = new ArrayList<>();
  private long wallOffsetMicros;
  private LogVolume volume;
  private PortlessAppliance appliance;
  private Thread main;
  private boolean listening;
  private boolean closing;
  private boolean gone;
  private boolean replaced;
  private boolean diskHasFailed;
  private boolean domainHasFailed;
  private boolean isOldCopy;
  private boolean logWasFull;
  private boolean hasAllDomains;

  /**
   * @param folder where the disk's files lie
   * @param durable what the logs on the disk hold
   * @param takesOver whether the disk is a new one for a lost one, and may lack logs of chains
   */
  Machine(
      Scheduler scheduler,
      SplittableRandom random,
      World world,
      Plan plan,
      String name,
      SimulatedStore.Access store,
      PowerCutDisk powerCutDisk,
      Path folder,
      DurableRecords durable,
      boolean takesOver,
      long wallOffsetMicros) {
    this.scheduler = scheduler;
    this.random = random;
    this.world = world;
    this.plan = plan;
    this.process = scheduler.process(name);
    this.store = store;
    this.folder = folder;
    this.durable = durable;
    this.takesOver = takesOver;
    this.wallOffsetMicros = wallOffsetMicros;
    this.disk =
        new SimulatedDisk(
            powerCutDisk,
            kind -> world.operation(this, kind),
            durable,
            plan.defect() != Defect.FORCE_DOES_NOTHING);
    this.platform =
        new Platform(this::nanos, this::wallMicros, process::condition, process, random.split());
    ServerOptions defaults = ServerOptions.defaults(new InetSocketAddress(0));
    this.serverOptions =
        new ServerOptions(
            defaults.listen(),
            defaults.eventLoopThreads(),
            defaults.dataBytesMax(),
            plan.windowBytes(),
            defaults.streamsMax(),
            defaults.sessionsMax(),
            defaults.idleTimeoutMs(),
            platform.wallMicros());
  }

  private long nanos() {
    scheduler.mayYield();
    return scheduler.nanos();
  }

  private long wallMicros() {
    scheduler.mayYield();
    return Simulation.EPOCH_MICROS + scheduler.nanos() / 1000 + wallOffsetMicros;
  }

  // --- its life ---

  void start() {
    main = process.start("main", this::run);
    process.start("operator", this::watch);
  }

  private void run() {
    try {
      SegmentBuffers buffers =
          new SegmentBuffers(plan.domains().size(), plan.uploads(), plan.segmentBytes());
      volume =
          SimulatedVolumes.open(
              folder, platform.nanos(), platform.conditions(), platform.threads(), disk);
      appliance = new PortlessAppliance(volume, store, buffers, config(), platform);
      for (int i = 0; i < plan.eventLoops(); i++) {
        loops.add(new SimulatedLoop(scheduler, process, "session-" + i));
      }
      listening = !closing;
      List<String> taken = new ArrayList<>(plan.domains());
      if (takesOver) {
        taken.retainAll(volume.domains());
      }
      appliance.takeUp(taken);
      for (String domain : plan.domains()) {
        if (!taken.contains(domain)) {
          takeOver(domain);
        }
      }
    } catch (IOException e) {
      if (!gone && !diskHasFailed) {
        world.violated(process + " does not start: " + e);
      }
    }
  }

  /** As an operator does, until the store answers. */
  private void takeOver(String domain) {
    boolean done = false;
    while (!done && !closing) {
      try {
        appliance.takeOver(domain);
        done = true;
      } catch (ControlException e) {
        scheduler.sleep(TimeUnit.SECONDS.toNanos(1));
      }
    }
  }

  private ApplianceConfig config() {
    return new ApplianceConfig(
        serverOptions.listen(),
        serverOptions.listen(),
        store.location(),
        folder,
        plan.domains(),
        plan.windowBytes(),
        plan.segmentBytes(),
        plan.segmentAgeMs(),
        plan.uploads());
  }

  /** Looks after it as an operator does, a thousand times or so in all. */
  private void watch() {
    while (!closing) {
      scheduler.sleep(random.nextLong(TimeUnit.MILLISECONDS.toNanos(2L * plan.seconds())));
      if (appliance != null && !closing) {
        List<DomainStatus> status = appliance.status();
        status.forEach(this::check);
        hasAllDomains =
            status.size() == plan.domains().size()
                && status.stream().allMatch(s -> s.state() == DomainState.ACTIVE);
        if (volume.usedBytes() > plan.volumeBytes()) {
          world.violated(process + ": the logs take more than their volume");
        }
        if (appliance.queuedBytes() > plan.queuedBytesMax()) {
          world.violated(process + ": " + appliance.queuedBytes() + " bytes wait for the logs");
        }
      }
    }
  }

  private void check(DomainStatus status) {
    logWasFull |= status.pressure() == Pressure.BITMAP;
    if (status.state() == DomainState.FAILED && !closing) {
      domainHasFailed = true;
      boolean isReplaced = replaced && SAYS_REPLACED.matcher(status.reason()).find();
      boolean isOld =
          world.isCopy() && status.reason().contains("this volume is older than the chain");
      isOldCopy |= isOld;
      if (!diskHasFailed && !isReplaced && !isOld) {
        world.violated(process + ": domain " + status.name() + ": " + status.reason());
      }
    }
  }

  /** Whether its volume is a copy of one that the chain was continued from afterwards. */
  boolean isOldCopy() {
    return isOldCopy;
  }

  /** Another machine has a copy of its disk and takes its place; nobody talks to it any more. */
  void replaced() {
    replaced = true;
    listening = false;
  }

  /** The process ends at once; what still runs of it reaches nothing any more. */
  void end() {
    gone = true;
    listening = false;
    store.cut();
    disk.powerOff();
    process.freeze(false);
    if (!closing) {
      closing = true;
      process.start("unwind", this::close);
    }
  }

  /** Stops in order. */
  void stop() {
    listening = false;
    if (!closing) {
      closing = true;
      process.start("stop", this::close);
    }
  }

  /** In the order in which the appliance stops. */
  private void close() {
    try {
      main.join();
      sessions.forEach(ServedConnection::shutDown);
      long until = scheduler.nanos() + LINGER_NANOS;
      while (!gone
          && scheduler.nanos() < until
          && connections.stream().anyMatch(Network.Connection::isServed)) {
        scheduler.sleep(TimeUnit.MILLISECONDS.toNanos(10));
      }
      if (appliance != null) {
        appliance.close();
      }
      if (volume != null) {
        volume.close();
      }
    } catch (IOException e) {
      if (!gone && !diskHasFailed) {
        world.violated(process + " does not stop: " + e);
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } finally {
      connections.forEach(Network.Connection::closeServer);
      scheduler.sleep(TimeUnit.MILLISECONDS.toNanos(1)); // They are closed on their event loops.
      loops.forEach(SimulatedLoop::stop);
    }
  }

  /** Whether nothing of it runs any more. */
  boolean hasEnded() {
    return closing && process.threads() == 0;
  }

  // --- its surroundings ---

  /** Its clock jumps. */
  void jump(long micros) {
    wallOffsetMicros += micros;
  }

  long wallOffsetMicros() {
    return wallOffsetMicros;
  }

  Path folder() {
    return folder;
  }

  SimulatedDisk disk() {
    return disk;
  }

  Scheduler.SimulatedProcess process() {
    return process;
  }

  /** An operation of its disk has failed: the volume must stop for good. */
  void diskFailed() {
    diskHasFailed = true;
  }

  /** Whether a domain has stopped for good. */
  boolean hasDomainFailed() {
    return domainHasFailed;
  }

  /** Whether it has come to own all chains, when it was last looked at. */
  boolean hasAllDomains() {
    return hasAllDomains;
  }

  boolean takesOver() {
    return takesOver;
  }

  boolean wasLogFull() {
    return logWasFull;
  }

  boolean isListening() {
    return listening;
  }

  /** Takes a connection of a host, or of someone who is none. */
  void accept(Network.Connection connection, Host host, Incarnation incarnation) {
    if (host != null) {
      connection.toClient().tap(new FrameTap(new Promises(host, incarnation)));
    }
    connections.removeIf(c -> !c.isServed());
    connections.add(connection);
    sessions.add(
        ServedConnection.serve(
            connection.server,
            loops.get(random.nextInt(loops.size())).loop(),
            serverOptions,
            appliance::attach,
            () -> RECEIVE_BYTES));
  }

  /** What the appliance tells a host must be true when it is said. */
  private final class Promises implements FrameTap.Listener {
    private final Host host;
    private final Incarnation incarnation;
    private long toldLogged;
    private long toldReplicated;

    Promises(Host host, Incarnation incarnation) {
      this.host = host;
      this.incarnation = incarnation;
    }

    @Override
    public void welcome(long loggedSeq, long replicatedSeq) {
      if (loggedSeq < incarnation.loggedSeq() && !gone && !incarnation.isLogLost()) {
        world.violated(
            incarnation
                + ": "
                + incarnation.loggedSeq()
                + " was logged, and now it is "
                + loggedSeq);
      }
      ack(loggedSeq, replicatedSeq);
    }

    @Override
    public void ack(long loggedSeq, long replicatedSeq) {
      scheduler.trace(loggedSeq << 32 ^ replicatedSeq);
      long durableSeq = durable.lastSeq(host.domain(), host.name(), incarnation.id());
      require(loggedSeq <= durableSeq, "logged " + loggedSeq + ", but durable is " + durableSeq);
      require(
          replicatedSeq <= incarnation.chainSeq(),
          "replicated " + replicatedSeq + ", but the chain has " + incarnation.chainSeq());
      require(replicatedSeq <= loggedSeq, "replicated " + replicatedSeq + ", logged " + loggedSeq);
      require(loggedSeq >= toldLogged, "logged went back to " + loggedSeq);
      require(replicatedSeq >= toldReplicated, "replicated went back to " + replicatedSeq);
      toldLogged = loggedSeq;
      toldReplicated = replicatedSeq;
    }

    private void require(boolean holds, String what) {
      if (!holds) {
        world.violated(process + " to " + incarnation + ": " + what);
      }
    }

    @Override
    public void error(ErrorCode code, String message) {
      require(code != ErrorCode.INTERNAL, message);
    }
  }
}
