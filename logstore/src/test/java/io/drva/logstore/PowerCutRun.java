package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What one seed makes of a volume: a chain of lives, each of which ends with a power cut or a kill
 * and begins with what that has left. In a life up to three domains append, force, read, release,
 * bind a chain, close and open, in an order that the seed decides: one thread runs at a time, and
 * every operation on the disk is a moment at which another may go on, or the power may fail.
 */
final class PowerCutRun {

  private static final int CYCLE_BYTES = LogLimits.CYCLE_BYTES_MIN;
  private static final int STEPS_MAX = 100;
  private static final int DOMAINS_MAX = 3;

  /** What the director is at. */
  enum Phase {
    OPENING_THE_VOLUME,
    OPENING_A_LOG,
    WORKING,
    CLOSING
  }

  /** What changes the disk, and so is worth being cut often. */
  private static final PowerCutDisk.Operation[] TARGETS = {
    PowerCutDisk.Operation.CREATE,
    PowerCutDisk.Operation.WRITE,
    PowerCutDisk.Operation.FORCE,
    PowerCutDisk.Operation.FORCE_DIRECTORY,
    PowerCutDisk.Operation.CREATE_DIRECTORY,
    PowerCutDisk.Operation.MOVE,
    PowerCutDisk.Operation.REPLACE,
    PowerCutDisk.Operation.DELETE
  };

  private static final PowerCutDisk.Moment[] MOMENTS = PowerCutDisk.Moment.values();
  private static final Phase[] PHASES = Phase.values();

  private final Random random;
  private final Path directory;
  private final UnaryOperator<Disk> lie;
  private final PowerCutTally tally;
  private final Consumer<String> trace;
  private final Thread director = Thread.currentThread();
  private final Turns turns = new Turns();
  private final VolumeOptions options;
  private final List<DomainModel> models = new ArrayList<>();

  /** How many of the models have a log. */
  private int started = 1;

  private int life;
  private PowerCutDisk disk;

  // ---- of the current life ----

  private final List<PowerCutUser> users = new ArrayList<>();
  private LogVolume volume;
  private Phase phase;

  /** Whose log the director is at work on: nobody else may recycle its files meanwhile. */
  private PowerCutUser busy;

  private boolean killed;

  /** When the life ends: in this phase, at this moment of this operation, at the so manieth. */
  private Phase fusePhase;

  private PowerCutDisk.Operation fuseOperation;
  private PowerCutDisk.Moment fuseMoment;
  private int fuse;
  private PowerCutDisk next;

  /**
   * A run that has yet to begin.
   *
   * @param lie what the log store is given instead of the disk itself
   * @param trace told everything that happens
   */
  PowerCutRun(
      long seed,
      Path directory,
      UnaryOperator<Disk> lie,
      PowerCutTally tally,
      Consumer<String> trace)
      throws IOException {
    this.random = new Random(seed);
    this.directory = directory;
    this.lie = lie;
    this.tally = tally;
    this.trace = trace;
    int cycles = 8 + random.nextInt(5);
    this.options = new VolumeOptions((long) cycles * CYCLE_BYTES, CYCLE_BYTES, () -> 0);
    for (int i = 1; i <= DOMAINS_MAX; i++) {
      long firstLsn = random.nextBoolean() ? 1 : random.nextInt(1 << 20);
      models.add(new DomainModel("domain-" + i, random.nextLong(), firstLsn));
    }
    this.disk = new PowerCutDisk(directory.resolve("life-0"));
  }

  /** Lives until the power has failed so many times. */
  void run(int cuts) throws IOException, InterruptedException {
    for (int done = 0; done < cuts; ) {
      live();
      done += killed ? 0 : 1;
    }
  }

  private void live() throws IOException, InterruptedException {
    lightFuse();
    try {
      open();
      for (int step = random.nextInt(STEPS_MAX); step > 0; step--) {
        step();
      }
      if (fusePhase != Phase.WORKING) {
        reopen();
      }
      end(null, null);
    } catch (IOException | RuntimeException e) {
      if (!disk.isOff()) {
        throw e;
      }
    } finally {
      letGo();
    }
    delete(disk.root());
    disk = next;
    life++;
  }

  // ---- the end of a life ----

  private void lightFuse() {
    killed = random.nextInt(5) == 0;
    fusePhase = random.nextInt(3) > 0 ? Phase.WORKING : PHASES[random.nextInt(PHASES.length)];
    fuseOperation =
        fusePhase == Phase.WORKING && random.nextInt(4) > 0
            ? TARGETS[random.nextInt(TARGETS.length)]
            : null;
    boolean frequent =
        fuseOperation == PowerCutDisk.Operation.WRITE
            || fuseOperation == PowerCutDisk.Operation.FORCE;
    fuseMoment = MOMENTS[random.nextInt(MOMENTS.length)];
    if (fuseMoment == PowerCutDisk.Moment.AMID && fuseOperation != null && !frequent) {
      fuseMoment = PowerCutDisk.Moment.BEFORE;
    }
    int bits = frequent ? 6 : fuseOperation != null ? 2 : fusePhase == Phase.WORKING ? 8 : 6;
    fuse = 1 + random.nextInt(1 << random.nextInt(bits));
    disk.watch(this::reached);
  }

  /** Called by whoever runs, at every moment of every operation. */
  private void reached(PowerCutDisk.Operation operation, PowerCutDisk.Moment moment, Path path)
      throws IOException {
    trace.accept(
        Thread.currentThread().getName()
            + " "
            + operation
            + " "
            + moment
            + " "
            + disk.root().relativize(path));
    if (isFuse(operation, moment) && --fuse == 0) {
      end(operation, moment);
    } else if (Thread.currentThread() == director) {
      letOthersRun();
    } else {
      turns.current().stop();
    }
  }

  private boolean isFuse(PowerCutDisk.Operation operation, PowerCutDisk.Moment moment) {
    return phase == fusePhase
        && moment == fuseMoment
        && (operation == fuseOperation || fuseOperation == null);
  }

  /** The power fails, or the process is killed. */
  private void end(PowerCutDisk.Operation operation, PowerCutDisk.Moment moment)
      throws IOException {
    disk.powerOff();
    Path left = directory.resolve("life-" + (life + 1));
    if (killed) {
      next = disk.kill(left);
    } else {
      disk.cut(left, random);
      next = new PowerCutDisk(left);
      models.forEach(DomainModel::lostPower);
    }
    trace.accept((killed ? "killed, life " : "power cut, life ") + (life + 1));
    tally.ended(killed, phase, operation, moment);
  }

  private void letGo() throws IOException, InterruptedException {
    disk.powerOff();
    for (PowerCutUser user : users) {
      user.letGo();
    }
    users.clear();
    if (volume != null) {
      volume.close();
      volume = null;
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  // ---- its steps ----

  private void open() throws IOException {
    phase = Phase.OPENING_THE_VOLUME;
    volume = LogVolume.open(disk.root(), options, lie.apply(disk));
    int count = started;
    started = 0;
    for (int i = 0; i < count; i++) {
      openNext();
    }
  }

  /** Opens the log of the next domain, if the volume has room for it. */
  private void openNext() throws IOException {
    DomainModel model = models.get(started);
    try {
      users.add(open(model));
      started++;
    } catch (VolumeException e) {
      assertTrue(model.forcedLsn() < model.firstLsnIfNew(), e::getMessage);
    }
  }

  private PowerCutUser open(DomainModel model) throws IOException {
    phase = Phase.OPENING_A_LOG;
    PowerCutUser user = new PowerCutUser(model, turns, disk::isOff);
    long mustBeThere = model.forcedLsn();
    long appended = model.lastLsn();
    long kept = user.opened(volume.openDomain(model.domain, model.firstLsnIfNew(), user));
    tally.recovered(mustBeThere - model.firstLsnIfNew() + 1, kept, appended - mustBeThere - kept);
    trace.accept(model.domain + " opened with " + model.lastLsn());
    checkBudget();
    return user;
  }

  private void checkBudget() throws IOException {
    assertTrue(volume.usedBytes() <= options.sizeBytes());
    try (Stream<Path> paths = Files.walk(disk.root())) {
      long files =
          paths
              .map(path -> path.getFileName().toString())
              .filter(name -> name.endsWith(".cq4") || name.endsWith(".free"))
              .count();
      assertTrue(files <= options.cyclesMax(), () -> files + " cycle files");
    }
  }

  private void step() throws IOException {
    if (started < models.size() && random.nextInt(20) == 0) {
      openNext();
    }
    if (users.isEmpty()) {
      return;
    }
    int index = random.nextInt(users.size());
    busy = users.get(index);
    phase = Phase.WORKING;
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4, 5, 6 -> append(1 + random.nextInt(1 << random.nextInt(6)));
      case 7 -> busy.log().flush();
      case 8, 9, 10, 11 -> force(1 + random.nextInt(8));
      case 12 -> busy.forceAll();
      case 13 -> busy.read(random.nextInt(100));
      case 14 -> busy.closeReader();
      case 15, 16 -> release();
      case 17 -> {
        busy.forceAll();
        busy.read(Integer.MAX_VALUE);
        release();
      }
      case 18 -> busy.model.bindChain(busy.log(), DomainModel.chain(random.nextInt(1 << 20)));
      default -> {
        if (random.nextInt(4) == 0) {
          reopen();
        } else if (random.nextInt(2) == 0) {
          phase = Phase.CLOSING;
          if (random.nextBoolean()) {
            busy.close();
          } else {
            busy.stop();
          }
          users.set(index, open(busy.model));
        }
      }
    }
    checkBudget();
    for (PowerCutUser user : users) {
      user.checkOthers();
    }
  }

  private void append(int records) throws IOException {
    DomainLog log = busy.log();
    if (busy.isReleasing() && !isRoomy()) {
      busy.finishRelease(); // The writer may have to wait until the releaser is done.
    }
    boolean full = false;
    for (int i = 0; i < records && !full; i++) {
      boolean looks = random.nextBoolean();
      full = (looks && !log.hasSpace(LogLimits.DATA_BYTES_MAX)) || !busy.model.append(log, life);
      if (!full && busy.model.endsGroup()) {
        log.flush();
      }
    }
  }

  /** Whether any domain can start two more files without anything being given back first. */
  private boolean isRoomy() {
    long free = (options.sizeBytes() - volume.usedBytes()) / CYCLE_BYTES;
    return free >= 2 + (long) LogLimits.CYCLES_PER_DOMAIN_MIN * models.size();
  }

  private void force(int stops) throws PowerLossException {
    for (int i = 0; i < stops && busy.hasToForce(); i++) {
      busy.advanceForce();
    }
  }

  private void release() throws PowerLossException {
    if (!busy.isReleasing()) {
      long released = busy.model.releasedLsn();
      busy.release(released + random.nextLong(busy.readLsn() - released + 1));
    }
    if (random.nextBoolean()) {
      busy.finishRelease();
    } else {
      for (int i = random.nextInt(12); i > 0 && busy.isReleasing(); i--) {
        busy.advanceRelease();
      }
    }
  }

  private void reopen() throws IOException {
    phase = Phase.CLOSING;
    for (PowerCutUser user : users) {
      busy = user;
      user.close();
    }
    users.clear();
    volume.close();
    open();
  }

  /** The director is in the middle of something: perhaps another thread goes on. */
  private void letOthersRun() throws PowerLossException {
    if (random.nextInt(8) != 0) {
      return;
    }
    PowerCutUser other = users.isEmpty() ? null : users.get(random.nextInt(users.size()));
    if (other == null) {
      return;
    }
    if (other != busy && other.isReleasing() && random.nextBoolean()) {
      other.advanceRelease();
    } else if (other.hasToForce()) {
      other.advanceForce();
    }
  }
}
