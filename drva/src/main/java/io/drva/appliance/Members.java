package io.drva.appliance;

import io.drva.logstore.DiskState;
import io.drva.logstore.HostState;
import io.drva.protocol.ErrorCode;
import io.drva.protocol.ProtocolException;
import io.drva.protocol.ServerSession;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The hosts and disks of a domain, the connection that speaks for each host, and the host that has
 * each disk open. Guarded by the domain's lock.
 */
final class Members {
  static final int DISKS_MAX = 500;
  static final int HOSTS_MAX = 128;

  private final String domain;
  private final Map<String, HostSlot> hosts = new HashMap<>();
  private final Map<DiskKey, DiskSlot> disks = new HashMap<>();

  private record DiskKey(String vm, String disk) {
    @Override
    public String toString() {
      return "disk " + vm + "/" + disk;
    }
  }

  private static final class DiskSlot {
    final int number;
    final int sectorBytes;
    long capacityBytes;
    HostSlot claimedBy;

    DiskSlot(int number, long capacityBytes, int sectorBytes) {
      this.number = number;
      this.capacityBytes = capacityBytes;
      this.sectorBytes = sectorBytes;
    }
  }

  /**
   * The disk that a session opened.
   *
   * @param isNews whether the log does not know it, or not with this capacity
   */
  record OpenedDisk(int number, boolean isNews) {}

  Members(String domain) {
    this.domain = domain;
  }

  /** Takes up what the log knows; hosts that did not close in order are away since now. */
  void restore(List<HostState> knownHosts, List<DiskState> knownDisks, long nowMicros) {
    for (HostState host : knownHosts) {
      HostSlot slot = new HostSlot(host.number(), host.name());
      slot.lostSinceMicros = host.closed() ? 0 : nowMicros;
      hosts.put(host.name(), slot);
    }
    for (DiskState disk : knownDisks) {
      disks.put(
          new DiskKey(disk.vm(), disk.disk()),
          new DiskSlot(disk.number(), disk.capacityBytes(), disk.sectorBytes()));
    }
  }

  /**
   * The session speaks for its host from now on; one that did is told that it is superseded. Only
   * one that its host opened earlier is not: HELLOs may be read in another order than they were
   * sent, and the connection that the host still has is the later one.
   *
   * @throws ProtocolException {@link ErrorCode#LIMIT} or {@link ErrorCode#OVERTAKEN}
   */
  HostSlot attach(ServerSession session) throws ProtocolException {
    HostSlot slot = hosts.get(session.host());
    if (slot == null) {
      if (hosts.size() == HOSTS_MAX) {
        throw new ProtocolException(
            ErrorCode.LIMIT, "domain '" + domain + "' has " + HOSTS_MAX + " hosts already");
      }
      slot = new HostSlot(hosts.size() + 1, session.host());
      hosts.put(session.host(), slot);
    }
    if (slot.session != null) {
      if (session.clientTimeMicros() < slot.session.clientTimeMicros()) {
        throw new ProtocolException(
            ErrorCode.OVERTAKEN,
            "host '"
                + session.host()
                + "' has opened a connection later, by its clock, from "
                + slot.session.remote());
      }
      slot.session.fail(
          ErrorCode.SUPERSEDED,
          "host '" + session.host() + "' connected again from " + session.remote());
      releaseClaims(slot);
    }
    slot.session = session;
    slot.lostSinceMicros = 0;
    return slot;
  }

  /**
   * A session opens a disk.
   *
   * @throws ProtocolException {@link ErrorCode#SUPERSEDED}, {@link ErrorCode#STREAM_CLAIMED},
   *     {@link ErrorCode#DISK_MISMATCH} or {@link ErrorCode#LIMIT}; nothing was changed
   */
  OpenedDisk open(
      SessionProgress progress, String vm, String disk, long capacityBytes, int sectorBytes)
      throws ProtocolException {
    HostSlot host = progress.slot();
    if (host.session != progress.session()) {
      throw new ProtocolException(
          ErrorCode.SUPERSEDED, "host '" + host.name() + "' has connected again");
    }
    DiskKey key = new DiskKey(vm, disk);
    DiskSlot slot = disks.get(key);
    if (slot == null) {
      if (disks.size() == DISKS_MAX) {
        throw new ProtocolException(
            ErrorCode.LIMIT, "domain '" + domain + "' has " + DISKS_MAX + " disks already");
      }
      slot = new DiskSlot(disks.size() + 1, 0, sectorBytes);
      disks.put(key, slot);
    }
    if (slot.claimedBy != null && slot.claimedBy != host) {
      throw new ProtocolException(
          ErrorCode.STREAM_CLAIMED,
          key
              + " is open in the session of host '"
              + slot.claimedBy.name()
              + "'; close it there first");
    }
    if (slot.sectorBytes != sectorBytes) {
      throw new ProtocolException(
          ErrorCode.DISK_MISMATCH,
          key + " is known with sectors of " + slot.sectorBytes + " bytes, not " + sectorBytes);
    }
    if (slot.capacityBytes > capacityBytes) {
      throw new ProtocolException(
          ErrorCode.DISK_MISMATCH,
          key
              + " is known with "
              + slot.capacityBytes
              + " bytes and cannot shrink to "
              + capacityBytes);
    }
    boolean isNews = slot.capacityBytes < capacityBytes;
    slot.capacityBytes = capacityBytes;
    slot.claimedBy = host;
    return new OpenedDisk(slot.number, isNews);
  }

  /** The session is over, unless another speaks for its host already. */
  void ended(SessionProgress progress, boolean inOrder, long nowMicros) {
    HostSlot slot = progress.slot();
    if (slot.session == progress.session()) {
      slot.session = null;
      slot.lostSinceMicros = inOrder ? 0 : nowMicros;
      releaseClaims(slot);
    }
  }

  private void releaseClaims(HostSlot slot) {
    for (DiskSlot disk : disks.values()) {
      if (disk.claimedBy == slot) {
        disk.claimedBy = null;
      }
    }
  }

  /** Ends every session with an error. */
  void failAll(ErrorCode code, String message) {
    for (HostSlot slot : hosts.values()) {
      if (slot.session != null) {
        slot.session.fail(code, message);
      }
    }
  }

  /** Since when the host is away that is away longest; Long.MAX_VALUE when none is. */
  long lostSinceMicros() {
    return hosts.values().stream()
        .filter(slot -> slot.lostSinceMicros > 0)
        .mapToLong(slot -> slot.lostSinceMicros)
        .min()
        .orElse(Long.MAX_VALUE);
  }

  /** Names of the hosts that have a session. */
  List<String> connected() {
    return hosts.values().stream()
        .filter(slot -> slot.session != null)
        .map(HostSlot::name)
        .sorted()
        .toList();
  }

  int diskCount() {
    return disks.size();
  }
}
