package io.drva.kill;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.appliance.Platform;
import io.drva.blobsink.ObjectStore;
import io.drva.demo.DemoOptions;
import io.drva.demo.InvalidTraceException;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import io.drva.logstore.VolumeCheck;
import io.drva.protocol.SessionFailedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * Domains that come and go beside the first while the appliance is killed: each is assigned,
 * written to, unassigned, taken over, written to by another host, and unassigned.
 */
final class SecondDomain implements Callable<Void> {
  private static final int DISKS = 2;
  private static final long DISK_BYTES = 4 << 20;
  private static final long LOAD_BYTES = 1 << 20;
  private static final List<Integer> WRITE_BYTES = List.of(512, 4096, 32768);
  private static final int NAMES_AHEAD = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Control control;
  private final InetSocketAddress appliance;
  private final ObjectStore store;
  private final Path folder;
  private final long seed;
  private volatile boolean ending;

  /** What holds of the domain that is there now, or was there last. */
  private volatile Ledger ledger;

  /** Whether it is certain that the volume has, or has not, a log of the domain. */
  private volatile Assigned assigned = new Assigned("", State.CHANGING);

  /** Those that have come and gone; guarded by this. */
  private final List<Ledger> ended = new ArrayList<>();

  private CompletableFuture<Void> next = new CompletableFuture<>();

  private enum State {
    ASSIGNED,
    UNASSIGNED,
    CHANGING
  }

  private record Assigned(String domain, State state) {}

  /**
   * @param folder of the recovered images
   */
  SecondDomain(
      Control control, InetSocketAddress appliance, ObjectStore store, Path folder, long seed) {
    this.control = control;
    this.appliance = appliance;
    this.store = store;
    this.folder = folder;
    this.seed = seed;
  }

  /** The domain that is there now is the last. */
  void end() {
    ending = true;
  }

  /** Those that have come and gone. */
  synchronized List<Ledger> ended() {
    return List.copyOf(ended);
  }

  /** Completes when another has. */
  synchronized CompletableFuture<Void> nextDomain() {
    return next;
  }

  private synchronized void gone(Ledger promises) {
    ended.add(promises);
    next.complete(null);
    next = new CompletableFuture<>();
  }

  /** Where the logs of this domain and of the next few are made, are, and are removed. */
  List<Path> logs(Path volume) {
    List<Path> logs = new ArrayList<>();
    Path domains = volume.resolve("domains");
    int first = ended().size();
    for (int number = first; number < first + NAMES_AHEAD; number++) {
      logs.add(domains.resolve(name(number) + ".new"));
      logs.add(domains.resolve(name(number)));
      logs.add(domains.resolve(name(number) + ".removed"));
    }
    return logs;
  }

  private static String name(int number) {
    return "second-" + (number + 1);
  }

  @Override
  public Void call() throws Exception {
    while (!ending) {
      int number = ended().size();
      gone(comeAndGo(name(number), seed + 2L * number));
    }
    return null;
  }

  private Ledger comeAndGo(String name, long loadSeed) throws Exception {
    LoadPlan first = plan(name, loadSeed);
    LoadPlan second = returning(first, plan(name, loadSeed + 1));
    Ledger promises =
        new Ledger(
            name,
            store.container(name),
            List.of(
                plan(name, loadSeed).hosts().getFirst(),
                returning(first, plan(name, loadSeed + 1)).hosts().getFirst()));
    ledger = promises;
    assign(name);
    write(name, first, promises);
    unassign(name);
    takeOver(name);
    write(name, second, promises);
    unassign(name);
    promises.checkAll(second, folder.resolve(name));
    return promises;
  }

  private LoadPlan plan(String name, long loadSeed) throws IOException, InvalidTraceException {
    return LoadPlan.of(
        new DemoOptions(
            null, name, null, 0, 1, DISKS, DISK_BYTES, LOAD_BYTES, WRITE_BYTES, 0, loadSeed));
  }

  /** Another host that goes on with the disks of the first. */
  private static LoadPlan returning(LoadPlan first, LoadPlan second) {
    return new LoadPlan(
        List.of(
            new LoadPlan.Host(
                "host2", first.hosts().getFirst().disks(), second.hosts().getFirst().writes())),
        second.totalBytes());
  }

  private void write(String name, LoadPlan plan, Ledger promises)
      throws SessionFailedException, InterruptedException {
    try (Load load = new Load(plan, Platform.SYSTEM.nanos())) {
      load.connect(appliance, name);
      promises.add(load);
      load.run(PATIENCE);
    }
  }

  private void assign(String name) throws InterruptedException, BrokenPromiseException {
    assigned = new Assigned(name, State.CHANGING);
    Control.Answer answer = askForRoom("PUT", path(name));
    if (answer.status() != 200) {
      throw new BrokenPromiseException("cannot assign " + name + ": " + answer.body());
    }
    assigned = new Assigned(name, State.ASSIGNED);
  }

  /** Refused while a session or an upload is on its way out. */
  private void unassign(String name) throws InterruptedException, BrokenPromiseException {
    assigned = new Assigned(name, State.CHANGING);
    Control.Answer answer = control.ask("DELETE", path(name), "");
    while (answer.status() == 409) {
      answer = control.ask("DELETE", path(name), "");
    }
    // The answer may have been lost with an earlier life.
    if (answer.status() != 200 && answer.status() != 404) {
      throw new BrokenPromiseException("cannot unassign " + name + ": " + answer.body());
    }
    assigned = new Assigned(name, State.UNASSIGNED);
  }

  private void takeOver(String name) throws InterruptedException, BrokenPromiseException {
    assigned = new Assigned(name, State.CHANGING);
    Control.Answer answer = askForRoom("POST", path(name) + "/takeover");
    if (answer.status() != 200) {
      // It may have been done, and the answer lost with an earlier life.
      JsonNode domain = control.ask("GET", path(name), "").body();
      if (!domain.path("state").asText().equals("ACTIVE")) {
        throw new BrokenPromiseException(
            "cannot take over " + name + ": " + answer.body() + "; " + domain);
      }
    }
    assigned = new Assigned(name, State.ASSIGNED);
  }

  /** Refused while the other domain has all that is not its own. */
  private Control.Answer askForRoom(String method, String path) throws InterruptedException {
    Control.Answer answer = control.ask(method, path, "");
    while (answer.body().path("error").asText().contains("there is no room for another domain")) {
      answer = control.ask(method, path, "");
    }
    return answer;
  }

  private static String path(String name) {
    return "/v1/domains/" + name;
  }

  /** Checks what a dead appliance has left of the domain. */
  void check(VolumeCheck volume) throws IOException, BrokenPromiseException {
    Assigned certain = assigned;
    boolean there = volume.logs().stream().anyMatch(log -> log.domain().equals(certain.domain()));
    if (certain.state() != State.CHANGING && there != (certain.state() == State.ASSIGNED)) {
      throw new BrokenPromiseException(certain + ", and the volume has a log of it: " + there);
    }
    Ledger present = ledger;
    if (present != null) {
      present.check(volume);
    }
  }
}
