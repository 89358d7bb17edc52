package io.drva.blobsink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Follows a chain object by object, and refuses an object that is not the next. Owned by one
 * thread.
 */
public final class ChainState {
  private UUID domainId;
  private long objects;

  /** Whether an object was skipped, so that what it opened is not known. */
  private boolean afterDamage;

  private boolean resuming;
  private long nextNumber = 1;
  private long lastNumber;
  private long epoch;
  private long lastLsn;
  private long lastTimeMicros;
  private Digest lastDigest = Digest.ZERO;
  private List<HostPosition> hosts = List.of();
  private final Map<Integer, DiskInfo> disks = new TreeMap<>();

  /**
   * Begins before the first object.
   *
   * @param domainId the descriptor's, or null when there is none: then the first object's counts
   */
  public ChainState(UUID domainId) {
    this.domainId = domainId;
  }

  public long objects() {
    return objects;
  }

  public long nextNumber() {
    return nextNumber;
  }

  public long lastNumber() {
    return lastNumber;
  }

  public long epoch() {
    return epoch;
  }

  public long lastLsn() {
    return lastLsn;
  }

  Digest lastDigest() {
    return lastDigest;
  }

  /** Where the chain is now. */
  public ChainHead head() {
    return new ChainHead(
        domainId,
        nextNumber,
        lastNumber,
        epoch,
        lastLsn,
        lastTimeMicros,
        lastDigest,
        hosts,
        List.copyOf(disks.values()));
  }

  /** Takes the next fence. */
  void fence(ObjectRef ref, ObjectHeader header, Digest digest) throws CorruptObjectException {
    place(ref, header);
    require(
        ref,
        24,
        header.epoch() == epoch + 1,
        "a fence of epoch " + header.epoch() + " follows epoch " + epoch);
    advance(header, digest);
  }

  /** Takes the next segment. */
  void segment(ObjectRef ref, SegmentIndex index, Digest digest) throws CorruptObjectException {
    ObjectHeader header = index.header();
    place(ref, header);
    require(
        ref,
        24,
        header.epoch() == epoch,
        "a segment of epoch " + header.epoch() + " follows epoch " + epoch);
    require(
        ref,
        48,
        header.firstTimeMicros() >= lastTimeMicros,
        "its time is before that of the chain so far");
    checkHosts(ref, index.hosts());
    for (int i = 0; i < index.disks().size(); i++) {
      checkDisk(ref, index, i);
    }
    for (DiskInfo disk : index.disks()) {
      disks.put(disk.number(), disk);
    }
    hosts = index.hosts();
    lastTimeMicros = header.lastTimeMicros();
    advance(header, digest);
  }

  private void place(ObjectRef ref, ObjectHeader header) throws CorruptObjectException {
    if (domainId == null) {
      domainId = header.domainId();
    }
    if (resuming) {
      resume(header);
    }
    require(
        ref,
        16,
        header.number() == nextNumber,
        "number " + header.number() + " where " + nextNumber + " is next");
    require(
        ref,
        80,
        header.domainId().equals(domainId),
        "the object is of another domain, " + header.domainId());
    require(
        ref,
        96,
        header.previousDigest().equals(lastDigest),
        "it follows another object than " + lastName());
    require(
        ref,
        32,
        header.firstLsn() == lastLsn + 1,
        "it begins with LSN " + header.firstLsn() + " after " + lastLsn);
    require(
        ref,
        64,
        header.storedThrough() <= lastNumber,
        "storedThrough is beyond the previous object");
  }

  private String lastName() {
    return lastNumber == 0 ? "the start" : ObjectNames.chain(lastNumber);
  }

  private void advance(ObjectHeader header, Digest digest) {
    objects++;
    epoch = header.epoch();
    lastNumber = header.number();
    nextNumber = header.nextNumber();
    lastLsn = header.lastLsn();
    lastDigest = digest;
  }

  private void checkHosts(ObjectRef ref, List<HostPosition> now) throws CorruptObjectException {
    Map<String, HostPosition> byName = new HashMap<>();
    for (HostPosition position : now) {
      byName.put(position.host(), position);
    }
    for (HostPosition before : hosts) {
      HostPosition after = byName.get(before.host());
      boolean sound =
          after != null
              && (!after.incarnation().equals(before.incarnation())
                  || after.lastSeq() >= before.lastSeq());
      require(
          ref,
          Format.HEADER_BYTES,
          sound,
          "index: the host " + before.host() + " is missing, or goes back");
    }
  }

  private void checkDisk(ObjectRef ref, SegmentIndex index, int tableIndex)
      throws CorruptObjectException {
    DiskInfo disk = index.disks().get(tableIndex);
    DiskInfo before = disks.get(disk.number());
    if (before == null) {
      int first = 0;
      while (index.disk(first) != tableIndex) {
        first++;
      }
      boolean opened = afterDamage || index.type(first) == RecordType.DISK_OPENED;
      require(
          ref,
          Format.HEADER_BYTES,
          opened,
          "index: the disk " + disk.number() + " is used before it is opened");
      return;
    }
    boolean sound =
        before.vm().equals(disk.vm())
            && before.disk().equals(disk.disk())
            && before.sectorBytes() == disk.sectorBytes()
            && before.capacityBytes() <= disk.capacityBytes();
    require(
        ref,
        Format.HEADER_BYTES,
        sound,
        "index: the disk " + disk.number() + " is not as it was, or shrank");
  }

  /**
   * Goes on behind an object that cannot be read or is missing: the next one is taken at its word
   * about what precedes it. For verification only.
   *
   * @param next the number of the object that the chain goes on with
   */
  public void skipTo(long next) {
    nextNumber = next;
    afterDamage = true;
    resuming = true;
  }

  private void resume(ObjectHeader header) {
    lastNumber = header.number() - 1;
    epoch = header.kind() == ObjectHeader.Kind.FENCE ? header.epoch() - 1 : header.epoch();
    lastLsn = header.firstLsn() - 1;
    lastDigest = header.previousDigest();
    hosts = List.of();
    resuming = false;
  }

  private static void require(ObjectRef ref, long position, boolean holds, String what)
      throws CorruptObjectException {
    if (!holds) {
      throw ref.corrupt(position, what);
    }
  }
}
