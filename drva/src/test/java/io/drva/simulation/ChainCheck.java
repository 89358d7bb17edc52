package io.drva.simulation;

import io.drva.blobsink.ChainObject;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.HostPosition;
import io.drva.blobsink.ObjectHeader;
import io.drva.blobsink.ObjectNames;
import io.drva.blobsink.RecordType;
import io.drva.blobsink.SegmentIndex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Follows a domain's chain object by object as the store gets them, and compares each record with
 * what its host sent: all of it, once, in order, and nothing else (invariants 2, 4 and 5).
 */
final class ChainCheck {
  private final String domain;
  private final Map<String, Host> hosts;

  /** Objects beyond one that is missing. */
  private final TreeMap<Long, ChainObject> ahead = new TreeMap<>();

  /** Where each host is: under one incarnation, or one of several until its data says which. */
  private final Map<String, List<Incarnation>> current = new HashMap<>();

  private long nextNumber = 1;
  private long epoch;
  private long lastLsn;
  private long lastTimeMicros;
  private long segments;

  ChainCheck(String domain, Map<String, Host> hosts) {
    this.domain = domain;
    this.hosts = hosts;
  }

  long lastLsn() {
    return lastLsn;
  }

  long segments() {
    return segments;
  }

  /** An object has come to exist. */
  void created(String name, byte[] content) {
    long number = ObjectNames.number(name);
    if (number < nextNumber) {
      return; // The descriptor, or what a term that is over had under way.
    }
    try {
      ahead.put(number, ChainObject.of(domain, name, content));
      for (ChainObject next = ahead.remove(nextNumber);
          next != null;
          next = ahead.remove(nextNumber)) {
        take(next);
        ahead.headMap(nextNumber).clear();
      }
    } catch (CorruptObjectException e) {
      throw new AssertionError("an object was stored that is damaged", e);
    }
  }

  private void take(ChainObject object) throws CorruptObjectException {
    ObjectHeader header = object.header();
    require(header.firstLsn() == lastLsn + 1, "does not go on from LSN " + lastLsn, header);
    if (object.isSegment()) {
      require(header.epoch() == epoch, "is not of the term " + epoch, header);
      segment(object.index());
      segments++;
    } else {
      require(header.epoch() == epoch + 1, "does not begin the term after " + epoch, header);
    }
    epoch = header.epoch();
    nextNumber = header.nextNumber();
    lastLsn = header.lastLsn();
  }

  private void segment(SegmentIndex index) {
    for (int i = 0; i < index.recordCount(); i++) {
      require(index.timeMicros(i) >= lastTimeMicros, "time goes back", index, i);
      lastTimeMicros = index.timeMicros(i);
      HostPosition position = index.hosts().get(index.host(i));
      switch (index.type(i)) {
        case HOST_ATTACHED -> attached(index, i, position);
        case HOST_CLOSED -> require(current.containsKey(position.host()), "unknown", index, i);
        case DISK_OPENED -> disk(index, i).opened(index.offsetBytes(i));
        case WRITE, ZERO, DISCARD, BASELINE -> extent(index, i, position);
      }
    }
    for (HostPosition position : index.hosts()) {
      List<Incarnation> candidates = current.get(position.host());
      boolean sound =
          candidates == null
              ? position.lastSeq() == 0
              : candidates.stream()
                  .anyMatch(
                      c ->
                          c.id().equals(position.incarnation())
                              && c.chainSeq() == position.lastSeq());
      if (!sound) {
        throw new AssertionError(
            domain + ": " + position + " in the chain, but it was sent " + candidates);
      }
    }
  }

  /** Only the incarnation that a host has at the segment's end is in the chain by name. */
  private void attached(SegmentIndex index, int record, HostPosition position) {
    Host host = hosts.get(position.host());
    if (host == null) {
      return; // A hostile peer, which gets no further.
    }
    List<Incarnation> before = current.get(position.host());
    int orderMin = before == null ? 0 : before.getFirst().order() + 1;
    boolean isLast = isLastAttach(index, record);
    List<Incarnation> candidates = new ArrayList<>();
    for (Incarnation incarnation : host.incarnations()) {
      if (incarnation.order() >= orderMin
          && incarnation.chainSeq() == 0
          && (!isLast || incarnation.id().equals(position.incarnation()))) {
        candidates.add(incarnation);
      }
    }
    require(!candidates.isEmpty(), "an incarnation that nobody began", index, record);
    current.put(position.host(), candidates);
  }

  private static boolean isLastAttach(SegmentIndex index, int record) {
    for (int i = record + 1; i < index.recordCount(); i++) {
      if (index.type(i) == RecordType.HOST_ATTACHED && index.host(i) == index.host(record)) {
        return false;
      }
    }
    return true;
  }

  private DiskImage disk(SegmentIndex index, int record) {
    DiskInfo info = index.disks().get(index.disk(record));
    for (Host host : hosts.values()) {
      for (DiskImage disk : host.disks()) {
        if (disk.vm().equals(info.vm()) && disk.name().equals(info.disk())) {
          return disk;
        }
      }
    }
    throw new AssertionError(domain + ": a disk that nobody has: " + info);
  }

  private void extent(SegmentIndex index, int record, HostPosition position) {
    List<Incarnation> candidates = current.get(position.host());
    require(candidates != null, "a change of a host that never attached", index, record);
    DiskImage disk = disk(index, record);
    List<Incarnation> matching =
        candidates.stream().filter(c -> isSame(c.next(), index, record, disk)).toList();
    if (matching.isEmpty()) {
      throw new AssertionError(
          domain
              + ": LSN "
              + index.lsn(record)
              + " is a "
              + index.type(record)
              + " of "
              + position.host()
              + " at "
              + index.offsetBytes(record)
              + " of "
              + disk
              + "; next was "
              + candidates.stream().map(c -> c + ": " + c.next()).toList());
    }
    Incarnation incarnation = matching.getFirst();
    current.put(position.host(), List.of(incarnation));
    disk.apply(incarnation.next());
    incarnation.replicated();
  }

  private static boolean isSame(Change change, SegmentIndex index, int record, DiskImage disk) {
    return change != null
        && change.type() == index.type(record)
        && change.disk() == disk
        && change.offsetBytes() == index.offsetBytes(record)
        && change.lengthBytes() == index.lengthBytes(record)
        && change.dataCrc32c() == index.dataCrc32c(record)
        && change.isLast() == index.endsBaseline(record);
  }

  private void require(boolean holds, String what, ObjectHeader header) {
    if (!holds) {
      throw new AssertionError(
          domain
              + ": chain object "
              + header.number()
              + " of epoch "
              + header.epoch()
              + ", LSN "
              + header.firstLsn()
              + " to "
              + header.lastLsn()
              + ": "
              + what);
    }
  }

  private void require(boolean holds, String what, SegmentIndex index, int record) {
    if (!holds) {
      throw new AssertionError(domain + ": LSN " + index.lsn(record) + ": " + what);
    }
  }
}
