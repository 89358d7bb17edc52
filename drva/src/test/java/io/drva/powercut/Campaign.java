package io.drva.powercut;

import io.drva.appliance.Platform;
import io.drva.blobsink.Azurite;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.demo.ChainCheck;
import io.drva.demo.DemoOptions;
import io.drva.demo.InvalidTraceException;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import io.drva.protocol.SessionFailedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * One machine with the appliance in it, whose power is cut again and again under the load of
 * several hosts outside; the object store is outside, too, and keeps its power.
 *
 * <p>Invariants 1 to 4. When the power is gone, the chain must have what was acknowledged as
 * replicated. After the next start the hosts come back by themselves and go on, and the chain must
 * get what was acknowledged as logged: each extent once and in order. At the end every disk is
 * recovered from the chain alone and compared byte for byte.
 */
final class Campaign implements AutoCloseable {
  private static final String DOMAIN = "powercut";
  private static final int HOSTS = 3;
  private static final int DISKS_PER_HOST = 2;
  private static final long DISK_BYTES = 64 << 20;
  private static final List<Integer> WRITE_BYTES = List.of(512, 4096, 65536);

  /** What an emulated processor gains nothing from is left out: it would take longer to start. */
  private static final String JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  /** More than any campaign comes to. */
  private static final long LOAD_BYTES = 1L << 40;

  /** Logged between the check of the last cut and the next cut, at most. */
  private static final long BYTES_BETWEEN_CUTS_MAX = 4 << 20;

  /** Then the power goes at one of the next so many requests to the disk. */
  private static final int REQUESTS_MAX = 64;

  /** One cut in so many comes while the appliance still recovers from the one before. */
  private static final int RECOVERING_ONE_IN = 4;

  private static final int RECOVERING_REQUESTS_MAX = 32;
  private static final int STALL_MS_MAX = 1_000;
  private static final double[] KEPT_SHARES = {0, 0.5, 0.9};
  private static final Duration PATIENCE = Duration.ofMinutes(30);

  private final Path image;
  private final String accelerator;
  private final Path folder;
  private final String fileSystem;
  private final SplittableRandom moments;
  private final SplittableRandom losses;
  private final LoadPlan plan;
  private final ChainCheck chainCheck;
  private final int port;
  private final Azurite azurite;
  private final ObjectStore store;
  private final Container container;
  private final Path volumeImage;
  private final VolatileDisk disk;
  private final Load load;
  private CompletableFuture<Void> loadEnd;

  // Of the present life of the machine.
  private NbdServer server;
  private Machine machine;
  private int cuts;

  /**
   * When the power is cut, and what the disk makes of it.
   *
   * @param recovering whether it is cut in what follows power on
   * @param loggedBytes what is logged first, unless recovering
   * @param requests served before the disk does nothing any more
   * @param stallMs how long the machine then goes on without it: time for what is acknowledged too
   *     early to get out
   * @param keptShare of the sectors that were not flushed
   */
  private record Cut(
      boolean recovering, long loggedBytes, int requests, int stallMs, double keptShare) {}

  /**
   * @param image the folder with the machine's image
   * @param folder an empty one for everything that the campaign leaves
   * @param fileSystem ext4 or xfs
   */
  Campaign(Path image, String accelerator, Path folder, String fileSystem, long seed)
      throws IOException, InterruptedException, InvalidTraceException {
    this.image = image;
    this.accelerator = accelerator;
    this.folder = folder;
    this.fileSystem = fileSystem;
    SplittableRandom random = new SplittableRandom(seed);
    moments = random.split();
    losses = random.split();
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
    chainCheck = new ChainCheck(options);
    volumeImage = folder.resolve("volume.img");
    disk = VolatileDisk.format(volumeImage, fileSystem);
    azurite = Azurite.start(Files.createDirectory(folder.resolve("store")));
    store = ObjectStores.open(azurite.uri(), azurite.environment());
    container = store.container(DOMAIN);
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    load = new Load(plan, Platform.SYSTEM.nanos());
  }

  /**
   * Cuts the power so often.
   *
   * @throws BrokenPromiseException when something acknowledged is lost, or anything else is not as
   *     it must be, after a cut
   */
  void run(int times) throws Exception {
    load.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), DOMAIN);
    loadEnd =
        start(
            () -> {
              load.run(PATIENCE);
              return null;
            });
    List<Load.Position> acknowledged = List.of();
    while (cuts < times) {
      Cut cut = nextCut();
      long start = System.nanoTime();
      int connections = load.connections();
      powerOn();
      if (!cut.recovering()) {
        if (cuts > 0) {
          check(acknowledged);
        }
        long bytes = load.loggedBytes().get() + cut.loggedBytes();
        await(
            start(
                () -> {
                  load.loggedBytes().await(bytes);
                  return null;
                }));
      }
      await(disk.cutAfter(cut.requests()));
      await(
          new CompletableFuture<>().completeOnTimeout(null, cut.stallMs(), TimeUnit.MILLISECONDS));
      VolatileDisk.Unflushed unflushed = powerGone(cut);
      acknowledged = load.positions();
      requireInChain(acknowledged, Load.Position::replicatedSeq);
      System.out.printf(
          "cut %d, %s, after %d writes and flushes: %d sectors were not flushed, %d of them lost;"
              + " extents sent by then: %d, logged: %d, replicated: %d; %.0f s%n",
          cuts,
          load.connections() > connections ? "under load" : "before a host was back",
          disk.requests(),
          unflushed.kept() + unflushed.lost(),
          unflushed.lost(),
          sum(acknowledged, Load.Position::sentSeq),
          sum(acknowledged, Load.Position::loggedSeq),
          sum(acknowledged, Load.Position::replicatedSeq),
          (System.nanoTime() - start) / 1e9);
    }
    powerOn();
    check(acknowledged);
    load.endWriting();
    await(loadEnd);
    checkAll();
    load.close();
  }

  private static long sum(List<Load.Position> hosts, ToLongFunction<Load.Position> extentsOf) {
    return hosts.stream().mapToLong(extentsOf).sum();
  }

  private Cut nextCut() {
    boolean recovering = moments.nextInt(RECOVERING_ONE_IN) == 0 && cuts > 0;
    return new Cut(
        recovering,
        moments.nextLong(BYTES_BETWEEN_CUTS_MAX),
        moments.nextInt(recovering ? RECOVERING_REQUESTS_MAX : REQUESTS_MAX),
        moments.nextBoolean() ? 0 : moments.nextInt(STALL_MS_MAX),
        KEPT_SHARES[moments.nextInt(KEPT_SHARES.length)]);
  }

  private void powerOn() throws IOException {
    disk.powerOn();
    server = NbdServer.start(disk);
    Map<String, String> environment = new HashMap<>(azurite.environment());
    environment.put("MODE", "serve");
    environment.put("FILE_SYSTEM", fileSystem);
    environment.put("DOMAIN", DOMAIN);
    environment.put("DRVA_JAVA_OPTS", JAVA_OPTIONS);
    environment.put("STORE", azurite.uri().replace("127.0.0.1", Machine.HOST_SEEN_BY_MACHINE));
    machine =
        Machine.boot(
            image,
            accelerator,
            server,
            port,
            environment,
            folder.resolve("console-" + (cuts + 1) + ".log"));
  }

  private VolatileDisk.Unflushed powerGone(Cut cut) throws IOException, InterruptedException {
    machine.kill();
    server.close();
    load.awaitDisconnected();
    cuts++;
    VolatileDisk.Unflushed unflushed = disk.lose(losses, cut.keptShare());
    Files.copy(
        volumeImage, folder.resolve("after-last-cut.img"), StandardCopyOption.REPLACE_EXISTING);
    return unflushed;
  }

  /** What was acknowledged as logged when the power went gets into the chain. */
  private void check(List<Load.Position> acknowledged) throws Exception {
    if (!await(start(() -> load.awaitReplicated(acknowledged, PATIENCE)))) {
      throw new IllegalStateException(
          "not replicated within " + PATIENCE + ": " + acknowledged + ", now " + load.positions());
    }
    requireInChain(acknowledged, Load.Position::loggedSeq);
  }

  private void requireInChain(
      List<Load.Position> acknowledged, ToLongFunction<Load.Position> extentsOf) throws Exception {
    Map<String, Long> found = follow();
    for (Load.Position host : acknowledged) {
      if (found.get(host.host()) < extentsOf.applyAsLong(host)) {
        throw broken(
            "%s was acknowledged, but the chain has %d extents of it"
                .formatted(host, found.get(host.host())),
            null);
      }
    }
  }

  private void checkAll() throws Exception {
    long extents = follow().values().stream().mapToLong(Long::longValue).sum();
    if (extents != load.writesSent()) {
      throw broken("sent " + load.writesSent() + " extents, the chain has " + extents, null);
    }
    try {
      ChainCheck.images(container, plan, folder.resolve("images"));
    } catch (ChainCheck.DifferenceException e) {
      throw broken(e.getMessage(), e);
    }
    System.out.printf(
        "%d cuts: %d extents acknowledged, each once and in order in the chain; %d disks equal byte for byte%n",
        cuts, extents, HOSTS * DISKS_PER_HOST);
  }

  private Map<String, Long> follow() throws Exception {
    try {
      return chainCheck.follow(container);
    } catch (ChainCheck.DifferenceException e) {
      throw broken(e.getMessage(), e);
    }
  }

  private static <T> CompletableFuture<T> start(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                result.complete(task.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }

  /**
   * Waits for a goal. A promise is broken when the appliance refuses what a cut has left, or a host
   * that it acknowledged more to cannot go on; all else that goes wrong is a failure, but not that
   * one.
   */
  private <T> T await(CompletableFuture<T> goal) throws Exception {
    CompletableFuture<String> refused = machine.refused();
    try {
      CompletableFuture.anyOf(goal, refused, loadEnd, server.failure())
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SessionFailedException) {
        throw broken(e.getCause().getMessage(), e.getCause());
      }
      throw e;
    }
    if (!goal.isDone()) {
      throw broken(refused.join(), null);
    }
    return goal.get();
  }

  @Override
  public void close() throws IOException {
    try (store;
        azurite;
        disk) {
      load.abort();
      if (machine != null) {
        machine.kill();
        server.close();
      }
    }
  }

  private Exception broken(String what, Throwable cause) {
    return cuts == 0
        ? new IllegalStateException("before the first cut: " + what, cause)
        : new BrokenPromiseException(cuts, what, cause);
  }
}
