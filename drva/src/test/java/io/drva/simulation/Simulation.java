package io.drva.simulation;

import io.drva.blobsink.Container;
import io.drva.demo.FileTree;
import io.drva.logstore.DurableRecords;
import io.drva.logstore.PowerCutDisk;
import io.drva.logstore.SimulatedDisk;
import io.drva.logstore.SimulatedVolumes;
import io.drva.logstore.TestVolumes;
import io.drva.logstore.VolumeSize;
import io.drva.protocol.ChannelClient;
import io.drva.protocol.HostilePeer;
import io.drva.recovery.Recovery;
import io.drva.recovery.RecoveryPlan;
import io.drva.recovery.RecoveryTarget;
import io.drva.recovery.Verification;
import io.drva.recovery.Verifier;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Hosts, a network, an appliance on a machine with a disk, and an object store, over some minutes
 * of simulated time in which much goes wrong, and then nothing any more until all is replicated.
 * What is checked:
 *
 * <ul>
 *   <li>as it is said, that what hosts are told is so ({@link Machine}),
 *   <li>as it is stored, that the chain is what hosts sent ({@link ChainCheck}),
 *   <li>after each kill and power cut, that the log has what hosts were told it has,
 *   <li>at the end, that everything came through, that every disk recovered from the store alone is
 *       right to the byte, and that nothing is left running.
 * </ul>
 */
final class Simulation implements Host.World, Machine.World {
  /** When a simulation begins, by the wall clock. */
  static final long EPOCH_MICROS = 1_790_000_000_000_000L;

  private static final long DRAIN_NANOS_MAX = TimeUnit.MINUTES.toNanos(10);
  private static final long UNWIND_NANOS_MAX = TimeUnit.MINUTES.toNanos(5);

  /** Receive buffers and frames in them, of all sessions; Netty counts it. */
  private static final long NETTY_BYTES_MAX = 128 << 20;

  private final long seed;
  private final Plan plan;
  private final Path folder;
  private final boolean isVerbose;
  private final List<String> notes = new ArrayList<>();
  private final SplittableRandom random;
  private final SplittableRandom diskRandom;
  private final Scheduler scheduler;
  private final Scheduler.SimulatedProcess director;
  private final Faults faults = new Faults();
  private final Network network;
  private final SimulatedStore store;
  private final Map<String, ChainCheck> chains = new LinkedHashMap<>();
  private final Map<String, Map<String, Host>> hosts = new LinkedHashMap<>();
  private final List<SimulatedLoop> hostLoops = new ArrayList<>();

  /** Machines whose process has ended or will: all but the one that serves. */
  private final List<Machine> former = new ArrayList<>();

  private Machine machine;
  private int machines;
  private Observer observer = simulation -> true;
  private int diskSlowness = 1;
  private long filesBegunBefore;
  private SimulatedDisk.Kind failing;
  private boolean over;

  /** Whether the machine's volume is a copy that has not gone on with all of its chains yet. */
  private boolean isCopy;

  /**
   * Prepares a simulation.
   *
   * @param planned what is simulated, from a random number of its own
   * @param folder where volumes and images lie; deleted at the end
   * @param isVerbose whether everything that happens is printed
   */
  Simulation(long seed, Function<SplittableRandom, Plan> planned, Path folder, boolean isVerbose) {
    SplittableRandom root = new SplittableRandom(seed);
    this.seed = seed;
    this.folder = folder;
    this.isVerbose = isVerbose;
    this.plan = planned.apply(root.split());
    this.random = root.split();
    this.diskRandom = root.split();
    this.scheduler = new Scheduler(root.nextLong(), this::check);
    this.director = scheduler.process("director");
    this.network = new Network(scheduler, root.split(), faults);
    this.store =
        new SimulatedStore(
            scheduler,
            root.split(),
            faults,
            plan.defect(),
            (domain, object, content) -> stored(domain, object, content));
    Scheduler.SimulatedProcess hostProcess = scheduler.process("hosts");
    int number = 10;
    for (String domain : plan.domains()) {
      Map<String, Host> ofDomain = new LinkedHashMap<>();
      for (int i = 1; i <= plan.hosts(); i++) {
        String name = "host-" + i;
        SimulatedLoop loop = new SimulatedLoop(scheduler, hostProcess, domain + "/" + name);
        hostLoops.add(loop);
        ofDomain.put(
            name,
            new Host(
                scheduler,
                root.split(),
                this,
                faults,
                plan,
                name,
                domain,
                network.route(number++),
                loop.loop(),
                disks(name)));
      }
      hosts.put(domain, ofDomain);
      chains.put(domain, new ChainCheck(domain, ofDomain));
    }
  }

  private List<DiskImage> disks(String host) {
    List<DiskImage> disks = new ArrayList<>();
    for (int i = 1; i <= plan.disksPerHost(); i++) {
      int sectorBytes = random.nextInt(4) == 0 ? 4096 : 512;
      long sectors = random.nextInt(1, (4 << 20) / sectorBytes);
      disks.add(
          new DiskImage(
              "vm-" + host + "-" + i % 2, "disk-" + i, sectorBytes, sectors * sectorBytes));
    }
    return disks;
  }

  /**
   * Runs it.
   *
   * @throws SimulationFailure when something was found
   */
  Result run() throws SimulationFailure, IOException {
    try (LogWatch _ = new LogWatch(scheduler::fail, isVerbose ? this::note : null)) {
      note("seed " + seed + ", " + plan);
      director.start("director", this::direct);
      scheduler.runUntil(() -> over && scheduler.threads() == 0);
      compare();
      return new Result(
          seed,
          scheduler.digest(),
          scheduler.steps(),
          scheduler.nanos(),
          sum(Incarnation::lastSeq),
          sum(Incarnation::loggedSeq),
          sum(Incarnation::lostSeqs),
          chains.values().stream().mapToLong(ChainCheck::segments).sum(),
          filesBegun(),
          faults);
    } finally {
      printNotes();
      FileTree.delete(folder);
    }
  }

  /** Looks at a simulation before each fault, between two steps of everybody. */
  interface Observer {
    boolean observed(Simulation simulation) throws IOException;
  }

  void observe(Observer newObserver) {
    observer = newObserver;
  }

  long nanos() {
    return scheduler.nanos();
  }

  /** Where the files of the serving machine's disk lie. */
  Path volume() {
    return machine.folder();
  }

  /** Simulated threads that are alive. */
  int threads() {
    return scheduler.threads();
  }

  /** What the store keeps, all of it in this process's memory. */
  long storedBytes() {
    return store.bytes();
  }

  /** How many cycle files logs have begun. */
  long filesBegun() {
    return filesBegunBefore + (machine == null ? 0 : machine.disk().filesBegun());
  }

  /**
   * What a simulation was like.
   *
   * @param steps how often a thread went on
   * @param sent changes of disks
   * @param logged those of which a host was told that they are logged
   * @param lost those of which the log went with its volume before the chain had them
   */
  record Result(
      long seed,
      long digest,
      long steps,
      long nanos,
      long sent,
      long logged,
      long lost,
      long segments,
      long filesBegun,
      Faults faults) {}

  private long sum(ToLongFunction<Incarnation> number) {
    return hosts().stream().flatMap(h -> h.incarnations().stream()).mapToLong(number).sum();
  }

  private List<Host> hosts() {
    return hosts.values().stream().flatMap(ofDomain -> ofDomain.values().stream()).toList();
  }

  @Override
  public boolean isCopy() {
    return isCopy;
  }

  private void note(String what) {
    if (isVerbose) {
      notes.add("%12.6f %s".formatted(scheduler.nanos() / 1e9, what));
    }
  }

  /** Printing may wait for threads that are not simulated, and so is not for those that are. */
  private void printNotes() {
    notes.forEach(System.out::println);
    notes.clear();
  }

  // --- what is checked ---

  private void check() {
    printNotes();
    if ((scheduler.steps() & 0xFFF) == 0
        && PlatformDependent.usedDirectMemory() > NETTY_BYTES_MAX) {
      violated("receive buffers take " + PlatformDependent.usedDirectMemory() + " bytes");
    }
  }

  private void stored(String domain, String object, byte[] content) {
    try {
      chains.get(domain).created(object, content);
    } catch (AssertionError e) {
      scheduler.fail(e);
    }
  }

  @Override
  public void violated(String what) {
    note("violated: " + what);
    scheduler.fail(new AssertionError(what));
  }

  /** A log that is opened from here on has at least what hosts were told. */
  private void checkDurable(DurableRecords durable) {
    for (Host host : hosts()) {
      Incarnation last = host.incarnations().getLast();
      long lastSeq = durable.lastSeq(host.domain(), host.name(), last.id());
      if (lastSeq < last.loggedSeq() && !last.isLogLost()) {
        violated(last + ": " + last.loggedSeq() + " was logged, but left is " + lastSeq);
      }
    }
  }

  /** What is recovered from the store alone is what the chain was found to hold. */
  private void compare() throws IOException {
    for (String domain : plan.domains()) {
      Container container = store.plain(domain);
      Verification verification = Verifier.run(container, (done, total) -> {});
      require(verification.isSound(), domain + ": " + verification);
      if (hosts.get(domain).values().stream()
          .flatMap(h -> h.disks().stream())
          .noneMatch(DiskImage::isKnown)) {
        continue;
      }
      Path images = folder.resolve("images-" + domain);
      RecoveryPlan recovery =
          RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
      require(recovery.lsn() == chains.get(domain).lastLsn(), "recovered to LSN " + recovery.lsn());
      Recovery.run(recovery, images, (done, total) -> {});
      for (RecoveryPlan.Disk disk : recovery.disks()) {
        byte[] image = Files.readAllBytes(images.resolve(disk.imageName()));
        DiskImage expected = disk(domain, disk);
        int at = Arrays.mismatch(image, expected.content());
        require(at < 0, domain + ": disk " + expected + " differs at " + at);
      }
    }
    for (Host host : hosts()) {
      for (Incarnation incarnation : host.incarnations()) {
        require(
            incarnation.chainSeq() >= incarnation.loggedSeq() || incarnation.isLogLost(),
            incarnation
                + ": "
                + incarnation.loggedSeq()
                + " was logged, the chain has "
                + incarnation.chainSeq());
      }
    }
  }

  private DiskImage disk(String domain, RecoveryPlan.Disk disk) {
    return hosts.get(domain).values().stream()
        .flatMap(host -> host.disks().stream())
        .filter(d -> d.vm().equals(disk.vm()) && d.name().equals(disk.disk()))
        .findFirst()
        .orElseThrow();
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  // --- what hosts and machines meet ---

  @Override
  public void connect(Host host, Incarnation incarnation, ChannelClient client) {
    scheduler.after(
        host.route().connectNanos(),
        () -> {
          if (machine == null || !machine.isListening()) {
            host.loop().execute(() -> client.refused("connection refused"));
            return;
          }
          Network.Connection connection = host.route().connect();
          machine.accept(connection, host, incarnation);
          host.loop().execute(() -> client.connected(connection.client));
        });
  }

  @Override
  public void operation(Machine of, SimulatedDisk.Kind kind) throws IOException {
    if (kind == SimulatedDisk.Kind.OTHER) {
      scheduler.mayYield();
      return;
    }
    boolean isForce = kind == SimulatedDisk.Kind.FORCE;
    long nanos = diskRandom.nextLong(10_000, isForce ? 2_000_000 : 50_000);
    scheduler.sleep(nanos * diskSlowness);
    if (kind == failing && of == machine) {
      of.diskFailed();
      faults.count(isForce ? Faults.Kind.FORCE_FAILED : Faults.Kind.WRITE_FAILED);
      throw new IOException("Input/output error");
    }
  }

  // --- what happens ---

  private void direct() {
    try {
      Path first = newFolder();
      startMachine(between(() -> newDisk(first)), first, new DurableRecords(true), false);
      hosts().forEach(Host::start);
      long end = TimeUnit.SECONDS.toNanos(plan.seconds());
      while (scheduler.nanos() < end) {
        double mean = plan.faultEverySeconds() * 1e9;
        sleep((long) Math.min((double) end, -Math.log(1 - random.nextDouble()) * mean));
        between(() -> observer.observed(this));
        if (plan.writing() == Plan.Writing.EVEN) {
          stop();
        } else {
          fault();
        }
        replaceIfFailed();
      }
      drain();
      over = true;
    } catch (IOException | RuntimeException | Error e) {
      scheduler.fail(e);
    }
  }

  private void sleep(long nanos) {
    scheduler.sleep(nanos);
  }

  private long upTo(long time, TimeUnit unit) {
    return random.nextLong(unit.toNanos(time));
  }

  private void fault() throws IOException {
    switch (random.nextInt(28)) {
      case 0, 1 -> kill();
      case 2, 3, 4 -> cutPower();
      case 5 -> stop();
      case 6, 7 -> freeze();
      case 8, 9 -> replaceByCopy();
      case 10 -> failing = SimulatedDisk.Kind.WRITE;
      case 11 -> failing = SimulatedDisk.Kind.FORCE;
      case 12 -> slowDisk();
      case 13, 14 -> storeOutage();
      case 15 -> slowStore();
      case 16 -> store.failures(random.nextInt(40));
      case 17, 18 -> anyHost().route().breakConnections();
      case 19 -> anyHost().route().swallow();
      case 20 -> stallNetwork();
      case 21 -> slowNetwork();
      case 22 -> anyHost().kill();
      case 23 -> anyHost().closeAndReturn();
      case 24 -> hostilePeer();
      case 25, 26 -> takeOver();
      default -> jumpClock();
    }
  }

  private Host anyHost() {
    List<Host> all = hosts();
    return all.get(random.nextInt(all.size()));
  }

  private void slowDisk() {
    faults.count(Faults.Kind.DISK_SLOW);
    note("the disk is slow");
    diskSlowness = random.nextInt(2, 200);
    scheduler.after(upTo(20, TimeUnit.SECONDS), () -> diskSlowness = 1);
  }

  private void storeOutage() {
    faults.count(Faults.Kind.STORE_OUTAGE);
    note("the store is down");
    store.down(true);
    long nanos = random.nextBoolean() ? upTo(5, TimeUnit.SECONDS) : upTo(5, TimeUnit.MINUTES);
    scheduler.after(nanos, () -> store.down(false));
  }

  private void slowStore() {
    faults.count(Faults.Kind.STORE_SLOW);
    note("the store is slow");
    store.slowness(random.nextInt(2, 400));
    scheduler.after(upTo(60, TimeUnit.SECONDS), () -> store.slowness(1));
  }

  private void stallNetwork() {
    faults.count(Faults.Kind.NETWORK_STALLED);
    long nanos = upTo(60, TimeUnit.SECONDS);
    note("the network stalls");
    if (random.nextBoolean()) {
      anyHost().route().stall(nanos);
    } else {
      hosts().forEach(host -> host.route().stall(nanos));
    }
  }

  private void slowNetwork() {
    faults.count(Faults.Kind.NETWORK_SLOW);
    hosts().forEach(host -> host.route().slow(upTo(30, TimeUnit.SECONDS)));
  }

  private void jumpClock() {
    faults.count(Faults.Kind.CLOCK_JUMP);
    long micros = random.nextLong(-1, 2) * upTo(2, TimeUnit.DAYS) / 1000;
    if (random.nextBoolean() && machine != null) {
      machine.jump(micros);
    } else {
      anyHost().jump(micros);
    }
  }

  private void hostilePeer() {
    if (machine == null || !machine.isListening()) {
      return;
    }
    faults.count(Faults.Kind.HOSTILE_PEER);
    String domain = plan.domains().get(random.nextInt(plan.domains().size()));
    byte[] bytes = HostilePeer.bytes("stranger", domain, random);
    Network.Connection connection = network.route(9).connect();
    machine.accept(connection, null, null);
    SimulatedLoop loop = hostLoops.getFirst();
    loop.loop()
        .execute(
            () -> {
              var _ = loop.loop().register(connection.client);
              var _ = connection.client.writeAndFlush(Unpooled.wrappedBuffer(bytes));
              var _ =
                  loop.loop()
                      .schedule(
                          () -> {
                            var _ = connection.client.close();
                          },
                          upTo(60, TimeUnit.SECONDS),
                          TimeUnit.NANOSECONDS);
            });
  }

  // --- machines ---

  private Path newFolder() throws IOException {
    return Files.createDirectories(folder.resolve("volume-" + machines++));
  }

  private PowerCutDisk newDisk(Path place) throws IOException {
    PowerCutDisk disk = new PowerCutDisk(place);
    TestVolumes.create(place, new VolumeSize(plan.volumeBytes(), plan.cycleBytes()), disk);
    return disk;
  }

  private void startMachine(
      PowerCutDisk disk, Path place, DurableRecords durable, boolean takesOver) {
    long wallOffsetMicros = former.isEmpty() ? 0 : former.getLast().wallOffsetMicros();
    failing = null;
    machine =
        new Machine(
            scheduler,
            random.split(),
            this,
            plan,
            "machine-" + machines,
            store.access(),
            disk,
            place,
            durable,
            takesOver,
            wallOffsetMicros);
    machine.start();
  }

  /** Makes a disk of the present one's, between two steps of everybody. */
  private interface Successor {
    PowerCutDisk make(Machine of, Path place) throws IOException;
  }

  /** Has the next machine start, some time later, with a disk made of the present one's. */
  private void succeed(Successor successor, long delayNanos) throws IOException {
    Machine before = machine;
    Path place = newFolder();
    PowerCutDisk disk = between(() -> successor.make(before, place));
    if (before.wasLogFull()) {
      faults.count(Faults.Kind.LOG_FULL);
    }
    retire(before);
    boolean takesOver = before.takesOver() && !before.hasAllDomains();
    DurableRecords durable = takesOver ? new DurableRecords(false) : between(() -> inspect(place));
    checkDurable(durable);
    sleep(delayNanos);
    startMachine(disk, place, durable, takesOver);
  }

  private void retire(Machine before) {
    filesBegunBefore += before.disk().filesBegun();
    former.add(before);
    machine = null;
  }

  private DurableRecords inspect(Path place) throws IOException {
    Path copy = folder.resolve("inspected");
    copy(place, copy);
    try {
      return SimulatedVolumes.inspect(copy);
    } finally {
      FileTree.delete(copy);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }

  /** Does something on no simulated thread, so that it may do whatever it likes. */
  private <T> T between(Action<T> action) throws IOException {
    Thread waiting = Thread.currentThread();
    Object[] outcome = new Object[1];
    scheduler.after(
        0,
        () -> {
          try {
            outcome[0] = Optional.of(action.run());
          } catch (IOException | RuntimeException | Error e) {
            outcome[0] = e;
          }
          LockSupport.unpark(waiting);
        });
    while (outcome[0] == null) {
      LockSupport.park();
    }
    return switch (outcome[0]) {
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> {
        @SuppressWarnings("unchecked")
        T result = ((Optional<T>) outcome[0]).get();
        yield result;
      }
    };
  }

  private void kill() throws IOException {
    note("the process is killed");
    faults.count(Faults.Kind.PROCESS_KILLED);
    succeed(this::killed, upTo(10, TimeUnit.SECONDS));
  }

  private PowerCutDisk killed(Machine of, Path place) throws IOException {
    PowerCutDisk left = of.disk().kill(place);
    of.end();
    hosts().forEach(host -> host.route().reset());
    return left;
  }

  private void cutPower() throws IOException {
    note("the power is cut");
    faults.count(Faults.Kind.POWER_CUT);
    succeed(this::powerless, upTo(40, TimeUnit.SECONDS));
  }

  private PowerCutDisk powerless(Machine of, Path place) throws IOException {
    of.disk().powerOff();
    of.disk().cut(place, random);
    of.end();
    hosts().forEach(host -> host.route().swallow());
    return new PowerCutDisk(place);
  }

  private void stop() throws IOException {
    note("the appliance stops in order");
    faults.count(Faults.Kind.PROCESS_STOPPED_IN_ORDER);
    machine.stop();
    long until = scheduler.nanos() + upTo(5, TimeUnit.MINUTES);
    while (!machine.hasEnded() && scheduler.nanos() < until) {
      sleep(TimeUnit.MILLISECONDS.toNanos(50));
    }
    succeed(this::killed, upTo(10, TimeUnit.SECONDS));
  }

  private void freeze() {
    note("the process stands still");
    faults.count(Faults.Kind.PROCESS_FROZEN);
    Scheduler.SimulatedProcess process = machine.process();
    process.freeze(true);
    sleep(upTo(45, TimeUnit.SECONDS));
    if (random.nextBoolean()) {
      // Its sockets then have what hosts sent, and new connections of the same hosts.
      hosts().forEach(host -> host.route().giveUp());
      sleep(upTo(5, TimeUnit.SECONDS));
    }
    process.freeze(false);
  }

  /** The machine seems to be dead, but goes on without hosts beside its successor. */
  private void replaceByCopy() throws IOException {
    if (!machine.hasAllDomains()) {
      return; // It could take a chain after the copy was made, and nobody could tell the two apart.
    }
    note("a copy takes the machine's place");
    isCopy = true;
    faults.count(Faults.Kind.APPLIANCE_CLONED);
    succeed(
        (of, place) -> {
          of.disk().copy(place, random);
          hosts().forEach(host -> host.route().reset());
          replace(of);
          return new PowerCutDisk(place);
        },
        upTo(20, TimeUnit.SECONDS));
  }

  /** Nobody finds the machine any more, but it goes on for a while, perhaps after a pause. */
  private void replace(Machine before) {
    before.replaced();
    before.process().freeze(random.nextBoolean());
    long frozenNanos = upTo(60, TimeUnit.SECONDS);
    scheduler.after(frozenNanos, () -> before.process().freeze(false));
    scheduler.after(frozenNanos + upTo(60, TimeUnit.SECONDS), before::end);
  }

  /**
   * The machine is lost with its disk, or seems to be: another takes the chains over, where they
   * end, while hosts may still be connected to the one before.
   */
  private void takeOver() throws IOException {
    if (machine.hasAllDomains()) { // A domain without a chain cannot be taken over.
      takeOver(random.nextBoolean());
    }
  }

  /**
   * @param goesOn whether the machine before does, and nobody finds it any more
   */
  private void takeOver(boolean goesOn) throws IOException {
    Machine before = machine;
    isCopy = false;
    // Those before the last, too: what a store outage kept from the chain is gone with the log.
    hosts().forEach(host -> host.incarnations().forEach(Incarnation::logLost));
    if (goesOn) {
      note("another machine takes the chains over");
      faults.count(Faults.Kind.TAKEN_OVER);
      replace(before);
    } else {
      note("the machine is lost with its volume");
      faults.count(Faults.Kind.VOLUME_LOST);
      before.end();
      hosts().forEach(host -> host.route().swallow());
    }
    retire(before);
    sleep(upTo(20, TimeUnit.SECONDS));
    Path place = newFolder();
    startMachine(between(() -> newDisk(place)), place, new DurableRecords(false), true);
  }

  /** An operator starts an appliance anew whose disk has failed. */
  private void replaceIfFailed() throws IOException {
    isCopy &= !machine.hasAllDomains(); // From then on its volume has all that the chains have.
    if (machine.hasDomainFailed()) {
      note("the machine is replaced");
      sleep(upTo(10, TimeUnit.SECONDS));
      if (machine.isOldCopy()) {
        takeOver(false); // The machine that it was copied from had gone on for a moment.
      } else {
        succeed(this::powerless, upTo(10, TimeUnit.SECONDS));
      }
    }
    for (Machine of : List.copyOf(former)) {
      if (of.hasEnded()) {
        former.remove(of);
        scheduler.forget(of.process());
        deleteUnchecked(of.folder());
      }
    }
  }

  /** Nothing goes wrong any more: everything comes through, and everybody ends. */
  private void drain() throws IOException {
    note("nothing goes wrong any more");
    store.down(false);
    store.failures(0);
    store.slowness(1);
    diskSlowness = 1;
    failing = null;
    hosts().forEach(Host::rest);
    long until = scheduler.nanos() + DRAIN_NANOS_MAX;
    while (!hosts().stream().allMatch(Host::isDone)) {
      sleep(TimeUnit.MILLISECONDS.toNanos(100));
      store.down(false);
      store.slowness(1);
      replaceIfFailed();
      if (scheduler.nanos() > until) {
        throw new AssertionError("does not come to rest: " + hosts() + "\n" + scheduler.describe());
      }
    }
    machine.stop();
    until = scheduler.nanos() + UNWIND_NANOS_MAX;
    while (!machine.hasEnded() || !former.stream().allMatch(Machine::hasEnded)) {
      sleep(TimeUnit.MILLISECONDS.toNanos(100));
      if (scheduler.nanos() > until) {
        throw new AssertionError("does not end:\n" + scheduler.describe());
      }
    }
    hostLoops.forEach(SimulatedLoop::stop);
  }

  // --- files ---

  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void deleteUnchecked(Path folder) {
    try {
      FileTree.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
