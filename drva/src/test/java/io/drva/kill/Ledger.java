package io.drva.kill;

import io.drva.blobsink.ChainReader;
import io.drva.blobsink.Container;
import io.drva.demo.ChainCheck;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import io.drva.logstore.HostState;
import io.drva.logstore.VolumeCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the hosts of one domain have sent and been told, and what must hold because of it
 * (invariants 1 to 4).
 */
final class Ledger {
  private final String domain;
  private final Container container;
  private final ChainCheck chain;
  private final List<Load> loads = new CopyOnWriteArrayList<>();

  /**
   * @param sending what the hosts send; for comparison only, so not the very plans that they go
   *     through
   */
  Ledger(String domain, Container container, List<LoadPlan.Host> sending) {
    this.domain = domain;
    this.container = container;
    this.chain = new ChainCheck(sending);
  }

  /** The hosts of a load send, or are about to. */
  void add(Load load) {
    loads.add(load);
  }

  long writesSent() {
    return loads.stream().mapToLong(Load::writesSent).sum();
  }

  long bytesSent() {
    return loads.stream().mapToLong(Load::bytesSent).sum();
  }

  private List<Load.Position> positions() {
    return loads.stream().flatMap(load -> load.positions().stream()).toList();
  }

  /**
   * What became of the writes that were not acknowledged when an appliance was killed.
   *
   * @param unlogged those that the log does not have: lost, and to be sent again
   * @param logged those that the log has
   */
  record Unacknowledged(long unlogged, long logged) {}

  /**
   * Checks what a dead appliance has left.
   *
   * @param volume its log store volume, every record of it read
   */
  synchronized Unacknowledged check(VolumeCheck volume) throws IOException, BrokenPromiseException {
    List<Load.Position> told = positions();
    Map<String, Long> stored = stored();
    Optional<VolumeCheck.Content> log =
        volume.logs().stream()
            .filter(candidate -> candidate.domain().equals(domain))
            .findFirst()
            .flatMap(VolumeCheck.Log::content);
    long unlogged = 0;
    long logged = 0;
    for (Load.Position host : told) {
      long storedSeq = stored.getOrDefault(host.host(), 0L);
      // A domain that was unassigned has no log; then everything is in the chain.
      long loggedSeq = log.map(content -> lastSeq(content, host.host())).orElse(storedSeq);
      require(loggedSeq >= host.loggedSeq(), "lost from the log", host, loggedSeq);
      require(storedSeq >= host.replicatedSeq(), "lost from the chain", host, storedSeq);
      require(loggedSeq <= host.sentSeq(), "never sent", host, loggedSeq);
      require(storedSeq <= loggedSeq, "in the chain and not in the log", host, storedSeq);
      unlogged += host.sentSeq() - loggedSeq;
      logged += loggedSeq - host.loggedSeq();
    }
    return new Unacknowledged(unlogged, logged);
  }

  /**
   * Checks the chain alone, when everything has been replicated: it holds what was sent, and the
   * disks that are recovered from it equal their models, byte for byte.
   *
   * @param written the plan whose disks the hosts have written to
   * @param images an empty folder
   */
  synchronized void checkAll(LoadPlan written, Path images)
      throws IOException, BrokenPromiseException {
    Map<String, Long> stored = stored();
    for (Load.Position host : positions()) {
      long storedSeq = stored.getOrDefault(host.host(), 0L);
      require(storedSeq == host.sentSeq(), "not what was sent", host, storedSeq);
    }
    try {
      ChainCheck.images(container, written, images);
    } catch (ChainCheck.DifferenceException e) {
      throw new BrokenPromiseException("domain " + domain + ": " + e.getMessage(), e);
    }
  }

  /** How many extents of each host the chain has; each is what the host sent, in order. */
  private Map<String, Long> stored() throws IOException, BrokenPromiseException {
    try {
      return ChainReader.descriptor(container).isEmpty() ? Map.of() : chain.follow(container);
    } catch (ChainCheck.DifferenceException e) {
      throw new BrokenPromiseException("domain " + domain + ": " + e.getMessage(), e);
    }
  }

  private static long lastSeq(VolumeCheck.Content log, String host) {
    return log.hosts().stream()
        .filter(candidate -> candidate.name().equals(host))
        .mapToLong(HostState::lastSeq)
        .findFirst()
        .orElse(0);
  }

  private void require(boolean holds, String what, Load.Position host, long found)
      throws BrokenPromiseException {
    if (!holds) {
      throw new BrokenPromiseException(
          "domain " + domain + ": " + what + ": found " + found + " writes of " + host);
    }
  }
}
