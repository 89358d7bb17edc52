package io.drva.kill;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.appliance.Platform;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.demo.DemoOptions;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeCheck;
import io.drva.logstore.VolumeSize;
import io.drva.protocol.SessionFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One appliance that is killed again and again under the load of several hosts, from an empty
 * volume and an empty store to the recovery of all disks (invariants 1 to 4).
 *
 * <p>After each kill, on what the dead appliance has left: every record of the volume is read, and
 * the whole chain. Of each host the log has all that was acknowledged as logged, the chain all that
 * was acknowledged as replicated; both have nothing that was not sent; and the chain has each
 * extent once, in order, with the content it was sent with. A host that comes back refuses to go on
 * when the number in WELCOME is less than what it was acknowledged before.
 *
 * <p>At the end everything that was sent is in the chain, and the disks that are recovered from it
 * equal their models, byte for byte.
 */
final class Round implements AutoCloseable {
  private static final String DOMAIN = "killed";
  private static final int HOSTS = 3;
  private static final int DISKS_PER_HOST = 3;
  private static final long DISK_BYTES = 16 << 20;
  private static final List<Integer> WRITE_BYTES = List.of(512, 4096, 4096, 16384, 65536);

  /** More than any round comes to. */
  private static final long LOAD_BYTES = 1L << 40;

  private static final int CYCLE_BYTES = 4 << 20;
  private static final int CYCLES = 16;
  private static final int CYCLES_MAX = 40;
  private static final int CYCLES_GROWN = 6;

  /** What is logged in the last life, which nobody kills: enough that all files go round. */
  private static final long LAST_LIFE_BYTES = 64 << 20;

  /** More than are taken before the volume grows. */
  private static final int NAMES_AHEAD = 64;

  private static final int LOOKS = 8;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Below those that the system gives to clients, or one might connect to itself. */
  private static final int PORT_MIN = 20_000;

  private static final int PORT_MAX = 30_000;

  private final Program program;
  private final Path folder;
  private final Path volume;
  private final Path config;
  private final boolean traced;
  private final Tally tally;
  private final SplittableRandom kills;
  private final ObjectStore store;
  private final LoadPlan plan;
  private final Load load;
  private final Ledger ledger;
  private final SecondDomain second;
  private final Control control = new Control();
  private final ExecutorService tasks =
      Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().factory());
  private final InetSocketAddress appliance;
  private CompletableFuture<Void> loadEnd;
  private CompletableFuture<Void> secondEnd;
  private Life life;
  private int lives;
  private boolean storeIsAway;

  /** What the volume had after the last kill. */
  private int cycles = CYCLES;

  private CompletableFuture<Integer> grown = CompletableFuture.completedFuture(CYCLES);

  /**
   * @param folder an empty one for everything that the round leaves
   * @param traced whether to kill at system calls, too
   */
  Round(Program program, Path folder, long seed, boolean traced, Tally tally) throws Exception {
    this.program = program;
    this.folder = folder;
    this.traced = traced;
    this.tally = tally;
    SplittableRandom random = new SplittableRandom(seed);
    kills = random.split();
    volume = folder.resolve("volume");
    LogVolume.create(volume, new VolumeSize((long) CYCLES * CYCLE_BYTES, CYCLE_BYTES), _ -> {});
    appliance = new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort(random));
    config = writeConfig();
    store = ObjectStores.open("dir:" + folder.resolve("store"), Map.of());
    DemoOptions options =
        new DemoOptions(
            null,
            DOMAIN,
            null,
            0,
            HOSTS,
            DISKS_PER_HOST,
            DISK_BYTES,
            LOAD_BYTES,
            WRITE_BYTES,
            0,
            seed);
    plan = LoadPlan.of(options);
    load = new Load(plan, Platform.SYSTEM.nanos());
    ledger = new Ledger(DOMAIN, store.container(DOMAIN), LoadPlan.of(options).hosts());
    ledger.add(load);
    second =
        new SecondDomain(
            control, appliance, store, folder.resolve("second-images"), random.nextLong());
  }

  private static int freePort(SplittableRandom random) throws IOException {
    IOException taken = null;
    for (int port = random.nextInt(PORT_MIN, PORT_MAX); port < PORT_MAX; port++) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        taken = e;
      }
    }
    throw new IOException("no port is free", taken);
  }

  private Path writeConfig() throws IOException {
    return Files.writeString(
        folder.resolve("drva.yaml"),
        """
        listen: 127.0.0.1:%d
        control: 127.0.0.1:0
        store: dir:%s
        volume: {path: %s}
        window: 2MiB
        segment: {size: 512KiB, age: 20ms}
        domains: [%s]
        """
            .formatted(appliance.getPort(), folder.resolve("store"), volume, DOMAIN));
  }

  /**
   * Kills so often.
   *
   * @throws BrokenPromiseException when something is not as it must be
   */
  void run(int times) throws Exception {
    load.connect(appliance, DOMAIN);
    loadEnd =
        start(
            () -> {
              load.run(PATIENCE);
              return null;
            });
    secondEnd = start(second);
    for (int kill = 0; kill < times; kill++) {
      kill(Kill.draw(kills, traced));
    }
    lastLife();
    tally.sent(ledger);
    tally.disksRecovered += HOSTS * DISKS_PER_HOST;
    second.ended().forEach(tally::sent);
    tally.secondDomains += second.ended().size();
  }

  private void kill(Kill kill) throws Exception {
    long begun = Platform.SYSTEM.nanos().getAsLong();
    long loggedBefore = load.loggedBytes().get();
    begin(tracer(kill));
    live(kill);
    Held held = life.held().getNow(null);
    if (held == null && life.ended().isDone()) {
      throw endedByItself();
    }
    requireNoDeletedFiles();
    life.kill();
    control.nowhere();
    if (storeIsAway) {
      startStore();
    }
    load.awaitDisconnected();
    String where =
        held != null
            ? (held.done() ? "after " : "before ") + Failpoint.of(held).meaning
            : kill.isStarting() ? "at random, starting" : "at random, under load";
    tally.killed(where);
    long killed = Platform.SYSTEM.nanos().getAsLong();
    check();
    System.out.printf(
        "kill %d, %s: %,d bytes logged; lived %.1f s, checked in %.1f s; %s%n",
        tally.kills(),
        where,
        load.loggedBytes().get() - loggedBefore,
        (killed - begun) / 1e9,
        (Platform.SYSTEM.nanos().getAsLong() - killed) / 1e9,
        held == null ? kill : held);
  }

  /** Until the appliance is to be killed, or a thread of it is held. */
  private void live(Kill kill) throws Exception {
    if (kill.isStarting()) {
      await(
          new CompletableFuture<>()
              .completeOnTimeout(null, kill.startingMs(), TimeUnit.MILLISECONDS));
      return;
    }
    if (!await(life.listening())) {
      return;
    }
    control.at(life.listening().get());
    if (kill.outage() != Kill.Outage.NEVER) {
      stopStore();
      if (!await(start(this::awaitFullLog))) {
        return;
      }
      tally.logsFull++;
      if (kill.outage() == Kill.Outage.UNTIL_THE_KILL) {
        return;
      }
      startStore();
    }
    if (kill.growth()) {
      grow();
    }
    if (kill.isAt(Target.Where.THREADS)) {
      life.hold(kill);
    }
    await(
        kill.isAt(Target.Where.SECOND_DOMAIN)
            ? second.nextDomain()
            : logged(load.loggedBytes().get() + kill.loggedBytes()));
  }

  private CompletableFuture<Void> logged(long bytes) {
    return start(
        () -> {
          load.loggedBytes().await(bytes);
          return null;
        });
  }

  private List<String> tracer(Kill kill) throws IOException {
    return kill.target() == null
        ? List.of()
        : switch (kill.target().where) {
          case ANYWHERE -> Strace.launching(kill, List.of());
          case THREADS -> List.of();
          case SECOND_DOMAIN -> Strace.launching(kill, second.logs(volume));
          case GROWTH -> Strace.launching(kill, filesOfGrowth());
        };
  }

  /** What the volume's next cycle files will be called at first, and its new descriptor. */
  private List<Path> filesOfGrowth() throws IOException {
    List<Path> files = new ArrayList<>();
    files.add(volume.resolve("volume.new"));
    Path pool = volume.resolve("pool");
    long next = 0;
    try (DirectoryStream<Path> pooled = Files.newDirectoryStream(pool, "*.free")) {
      for (Path file : pooled) {
        String number = file.getFileName().toString().replace(".free", "");
        next = Math.max(next, Long.parseLong(number) + 1);
      }
    }
    for (long number = next; number < next + NAMES_AHEAD; number++) {
      files.add(pool.resolve("%012d.free.new".formatted(number)));
    }
    return files;
  }

  private void begin(List<String> tracer) throws IOException {
    lives++;
    life = Life.begin(program, tracer, config, log());
  }

  /** What the present life, or the last, has said. */
  private Path log() {
    return folder.resolve("life-" + lives + ".log");
  }

  /** What the dead appliance has left. */
  private void check() throws Exception {
    VolumeCheck left = VolumeCheck.check(volume, _ -> {});
    if (!left.isSound()) {
      throw new BrokenPromiseException("the volume is not sound: " + left);
    }
    if (left.size().cycles() < Math.max(cycles, grown.getNow(0))) {
      throw new BrokenPromiseException("the volume has shrunk: " + left);
    }
    cycles = left.size().cycles();
    tally.add(ledger.check(left));
    second.check(left);
  }

  private void lastLife() throws Exception {
    begin(List.of());
    requireGoal(life.listening());
    control.at(life.listening().get());
    long bytes = load.loggedBytes().get();
    for (int look = 1; look <= LOOKS; look++) {
      requireGoal(logged(bytes + look * LAST_LIFE_BYTES / LOOKS));
      requireNoDeletedFiles();
    }
    second.end();
    requireGoal(secondEnd);
    load.endWriting();
    requireGoal(loadEnd);
    requireNoDeletedFiles();
    load.close();
    control.nowhere();
    if (life.stop() != 0) {
      throw new BrokenPromiseException("the appliance did not stop in order");
    }
    check();
    ledger.checkAll(plan, folder.resolve("images"));
  }

  private void requireNoDeletedFiles() throws IOException, BrokenPromiseException {
    List<String> deleted = life.deletedFiles(folder);
    if (!deleted.isEmpty()) {
      throw new BrokenPromiseException("deleted files are held open: " + deleted);
    }
    tally.looksAtOpenFiles++;
  }

  private void grow() {
    if (cycles + CYCLES_GROWN <= CYCLES_MAX) {
      long size = (long) (cycles + CYCLES_GROWN) * CYCLE_BYTES;
      grown = start(() -> grow(size));
      tally.growths++;
    }
  }

  /** Returns how many cycle files the volume is said to have in the end. */
  private int grow(long sizeBytes) throws InterruptedException {
    control.ask("PUT", "/v1/volume", "{\"sizeBytes\": " + sizeBytes + "}");
    JsonNode volumeStatus;
    do {
      volumeStatus = control.ask("GET", "/v1/volume", "").body();
    } while (volumeStatus.hasNonNull("growingToBytes"));
    return (int) (volumeStatus.path("sizeBytes").asLong() / CYCLE_BYTES);
  }

  private Void awaitFullLog() throws InterruptedException {
    JsonNode domain;
    do {
      domain = control.ask("GET", "/v1/domains/" + DOMAIN, "").body();
    } while (!domain.path("pressure").asText().equals("BITMAP"));
    return null;
  }

  private Path chain() {
    return folder.resolve("store").resolve(DOMAIN).resolve("chain");
  }

  /** What should be the folder of the chain is a file. */
  private void stopStore() throws IOException {
    Files.move(chain(), folder.resolve("chain-aside"));
    Files.createFile(chain());
    storeIsAway = true;
    tally.outages++;
  }

  private void startStore() throws IOException {
    Files.delete(chain());
    Files.move(folder.resolve("chain-aside"), chain());
    storeIsAway = false;
  }

  private <T> CompletableFuture<T> start(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    tasks.execute(
        () -> {
          try {
            result.complete(task.call());
          } catch (Exception | Error e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private void requireGoal(CompletableFuture<?> goal) throws Exception {
    if (!await(goal)) {
      throw endedByItself();
    }
  }

  private BrokenPromiseException endedByItself() {
    return new BrokenPromiseException("the appliance ended by itself: see " + log());
  }

  /**
   * Waits for a goal, as long as the appliance lives, none of its threads is held, and the hosts
   * can go on.
   *
   * @return whether the goal is reached
   */
  private boolean await(CompletableFuture<?> goal) throws Exception {
    try {
      CompletableFuture.anyOf(goal, life.held(), life.ended(), failure(loadEnd), failure(secondEnd))
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SessionFailedException lost ->
            throw new BrokenPromiseException(lost.getMessage(), lost);
        case BrokenPromiseException broken -> throw broken;
        default -> throw e;
      }
    } catch (TimeoutException e) {
      throw new BrokenPromiseException(
          "nothing happens any more: " + load.positions() + "; see " + log(), e);
    }
    return goal.isDone();
  }

  /** Completes only if the other fails. */
  private static CompletableFuture<Void> failure(CompletableFuture<Void> other) {
    CompletableFuture<Void> failure = new CompletableFuture<>();
    var _ =
        other.whenComplete(
            (_, e) -> {
              if (e != null) {
                failure.completeExceptionally(e);
              }
            });
    return failure;
  }

  @Override
  public void close() throws IOException {
    try (store;
        control) {
      load.abort();
      if (life != null) {
        life.kill();
      }
    }
  }
}
