package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * What one seed makes of a volume: a chain of lives, each of which ends with a power cut or a kill
 * and begins with what that has left. In a life up to three domains append, force, read, release,
 * bind a chain, close, open and are removed, in an order that the seed decides: one thread runs at
 * a time, and every operation on the disk is a moment at which another may go on, or the power may
 * fail.
 */
final class PowerCutRun {

  private static final int CYCLE_BYTES = LogLimits.CYCLE_BYTES_MIN;
  private static final int DOMAINS_MAX = 3;

  /** Cycle files at the most, besides those that the domains have a right to. */
  private static final int SPARES_MAX = 5;

  private static final int STEPS_MAX = 80;

  /** What the director is at. */
  enum Phase {
    CREATING,
    OPENING_THE_VOLUME,
    OPENING_A_LOG,
    WORKING,
    GROWING,
    REMOVING,
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
  private static final VolumeOptions OPTIONS =
      new VolumeOptions(
          () -> 0, VolumeOptions.defaults().conditions(), VolumeOptions.defaults().threads());

  private final Random random;
  private final Path directory;
  private final UnaryOperator<Disk> defect;
  private final PowerCutTally tally;
  private final Consumer<String> trace;
  private final Thread director = Thread.currentThread();
  private final Turns turns = new Turns();
  private final DomainModel[] models;

  /** How large the volume must be, and may be, cycle files; 0 until it was created. */
  private int cyclesMin;

  private int cyclesMax;
  private int life;
  private PowerCutDisk disk;

  // ---- of the current life ----

  /** By domain; null when its log is not open. */
  private final PowerCutUser[] users;

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
   * @param defect what the log store is given instead of the disk itself
   * @param trace told everything that happens
   */
  PowerCutRun(
      long seed,
      Path directory,
      UnaryOperator<Disk> defect,
      PowerCutTally tally,
      Consumer<String> trace)
      throws IOException {
    this.random = new Random(seed);
    this.directory = directory;
    this.defect = defect;
    this.tally = tally;
    this.trace = trace;
    int domains = 1 + random.nextInt(DOMAINS_MAX);
    this.models = new DomainModel[domains];
    this.users = new PowerCutUser[domains];
    for (int i = 0; i < domains; i++) {
      models[i] = newModel(i);
    }
    models[0].start();
    int cycles = LogLimits.CYCLES_PER_DOMAIN_MIN * domains + random.nextInt(SPARES_MAX - 1);
    this.cyclesMax = Math.max(cycles, LogLimits.CYCLES_MIN);
    this.disk = new PowerCutDisk(directory.resolve("life-0"));
  }

  private DomainModel newModel(int index) {
    long firstLsn = random.nextBoolean() ? 1 : random.nextInt(1 << 20);
    return new DomainModel("domain-" + index, random.nextLong(), firstLsn);
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
      hasten();
      phase = Phase.WORKING;
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

  /** Does what the fuse is for. If it is still too long then it is for whatever comes next. */
  private void hasten() throws IOException {
    switch (fusePhase) {
      case OPENING_THE_VOLUME, OPENING_A_LOG, CLOSING -> reopen();
      case GROWING -> grow();
      case REMOVING -> remove(random.nextInt(models.length));
      case CREATING, WORKING -> {}
    }
    fusePhase = Phase.WORKING;
    fuseOperation = null;
    fuse = 1 + random.nextInt(8);
    for (int step = random.nextInt(10); step > 0; step--) {
      step();
    }
  }

  // ---- the end of a life ----

  private void lightFuse() {
    killed = random.nextInt(5) == 0;
    fusePhase = random.nextInt(5) > 1 ? Phase.WORKING : PHASES[random.nextInt(PHASES.length)];
    fuseOperation = random.nextInt(3) > 0 ? TARGETS[random.nextInt(TARGETS.length)] : null;
    fuseMoment = MOMENTS[random.nextInt(MOMENTS.length)];
    boolean frequent =
        fuseOperation == null
            || fuseOperation == PowerCutDisk.Operation.WRITE
            || fuseOperation == PowerCutDisk.Operation.FORCE;
    if (fuseMoment == PowerCutDisk.Moment.AMID && !frequent) {
      fuseMoment = PowerCutDisk.Moment.BEFORE;
    }
    int bits = !frequent ? 2 : fusePhase == Phase.WORKING ? 7 : 5;
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
      for (DomainModel model : models) {
        model.lostPower();
      }
    }
    trace.accept((killed ? "killed, life " : "power cut, life ") + (life + 1));
    tally.ended(killed, phase, operation, moment);
  }

  private void letGo() throws IOException, InterruptedException {
    disk.powerOff();
    for (int i = 0; i < models.length; i++) {
      if (users[i] != null) {
        users[i].letGo();
        users[i] = null;
      }
    }
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
    Disk given = defect.apply(disk);
    if (Files.notExists(new VolumeLayout(disk.root()).descriptor())) {
      assertEquals(0, cyclesMin, "the volume is gone");
      phase = Phase.CREATING;
      LogVolume.create(disk.root(), sizeOf(cyclesMax), _ -> {}, given);
    }
    phase = Phase.OPENING_THE_VOLUME;
    volume = LogVolume.open(disk.root(), OPTIONS, given);
    int cycles = volume.size().cycles();
    assertTrue(cycles >= cyclesMin && cycles <= cyclesMax, () -> cycles + " cycle files");
    cyclesMin = cycles;
    cyclesMax = cycles;
    for (int i = 0; i < models.length; i++) {
      if (models[i].isBeingRemoved()) {
        if (volume.domains().contains(models[i].domain)) {
          models[i].keep();
        } else {
          models[i] = newModel(i);
        }
      }
      if (models[i].isStarted()) {
        openLog(i);
      }
    }
  }

  private static VolumeSize sizeOf(int cycles) {
    return new VolumeSize((long) cycles * CYCLE_BYTES, CYCLE_BYTES);
  }

  /** Opens a log if the volume has room for it, which it must have for one that was there. */
  private void openLog(int index) throws IOException {
    phase = Phase.OPENING_A_LOG;
    DomainModel model = models[index];
    PowerCutUser user = new PowerCutUser(model, turns, disk::isOff);
    try {
      user.opened(volume.openDomain(model.domain, model.origin(), user));
    } catch (VolumeException e) {
      assertTrue(model.isEmpty(), e::getMessage);
      return;
    }
    users[index] = user;
    model.start();
    long mustBeThere = model.forcedLsn();
    long mayBeThere = model.lastLsn();
    user.check();
    trace.accept(model.domain + " opened with " + model.lastLsn());
    tally.recovered(
        mustBeThere - model.origin().lastLsn(),
        model.lastLsn() - mustBeThere,
        mayBeThere - model.lastLsn());
    checkFiles();
  }

  /** No cycle file is lost, or made beyond the size. */
  private void checkFiles() throws IOException {
    try (Stream<Path> paths = Files.walk(disk.root())) {
      long files =
          paths
              .map(path -> path.getFileName().toString())
              .filter(name -> name.endsWith(".cq4") || name.endsWith(".free"))
              .count();
      assertEquals(volume.size().cycles(), files);
    }
    assertTrue(volume.usedBytes() <= volume.size().sizeBytes());
  }

  private void step() throws IOException {
    int index = random.nextInt(models.length);
    if (users[index] == null) {
      if (random.nextInt(5) == 0) {
        openLog(index);
      }
      return;
    }
    busy = users[index];
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
      default -> rare(index);
    }
    checkFiles();
    for (PowerCutUser user : users) {
      if (user != null) {
        user.checkOthers();
      }
    }
  }

  private void rare(int index) throws IOException {
    switch (random.nextInt(16)) {
      case 0, 1 -> reopen();
      case 2, 3 -> {
        close(index);
        openLog(index);
      }
      case 4, 5 -> {
        phase = Phase.CLOSING;
        busy.stop();
        users[index] = null;
        openLog(index);
      }
      case 6 -> remove(index);
      case 7 -> grow();
      default -> {}
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
    long free = (volume.size().sizeBytes() - volume.usedBytes()) / CYCLE_BYTES;
    return free >= 2 + (long) LogLimits.CYCLES_PER_DOMAIN_MIN * models.length;
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

  private void close(int index) throws IOException {
    if (users[index] != null) {
      phase = Phase.CLOSING;
      busy = users[index];
      busy.close();
      users[index] = null;
    }
  }

  private void reopen() throws IOException {
    for (int i = 0; i < models.length; i++) {
      close(i);
    }
    volume.close();
    open();
  }

  private void remove(int index) throws IOException {
    if (models[index].isStarted()) {
      close(index);
      phase = Phase.REMOVING;
      models[index].remove();
      volume.removeDomain(models[index].domain);
      models[index] = newModel(index);
    }
  }

  private void grow() throws IOException {
    int cycles = volume.size().cycles() + random.nextInt(3);
    if (cycles <= LogLimits.CYCLES_PER_DOMAIN_MIN * models.length + SPARES_MAX) {
      phase = Phase.GROWING;
      cyclesMax = cycles;
      volume.grow(sizeOf(cycles).sizeBytes(), _ -> {});
      cyclesMin = cycles;
    }
  }

  /** The director is in the middle of something: perhaps another thread goes on. */
  private void letOthersRun() throws PowerLossException {
    if (random.nextInt(8) != 0) {
      return;
    }
    PowerCutUser other = users[random.nextInt(models.length)];
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
