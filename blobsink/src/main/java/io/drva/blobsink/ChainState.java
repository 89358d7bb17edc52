package io.drva.blobsink;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private long lastSegmentEpoch;
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

  /** The term of the last segment, 0 when there is none. */
  long lastSegmentEpoch() {
    return lastSegmentEpoch;
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
    checkHosts(ref, index);
    checkDisks(ref, index);
    for (DiskInfo disk : index.disks()) {
      disks.put(disk.number(), disk);
    }
    hosts = index.hosts();
    lastTimeMicros = header.lastTimeMicros();
    lastSegmentEpoch = header.epoch();
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

  /**
   * A host that attaches within the segment may go back to an incarnation that it had before: then
   * its numbers begin again.
   */
  private void checkHosts(ObjectRef ref, SegmentIndex index) throws CorruptObjectException {
    Map<String, HostPosition> byName = new HashMap<>();
    for (HostPosition position : index.hosts()) {
      byName.put(position.host(), position);
    }
    Set<String> attached = new HashSet<>();
    for (int i = 0; i < index.recordCount(); i++) {
      if (index.type(i) == RecordType.HOST_ATTACHED) {
        attached.add(index.hosts().get(index.host(i)).host());
      }
    }
    for (HostPosition before : hosts) {
      HostPosition after = byName.get(before.host());
      boolean sound =
          after != null
              && (!after.incarnation().equals(before.incarnation())
                  || after.lastSeq() >= before.lastSeq()
                  || attached.contains(before.host()));
      require(
          ref,
          Format.HEADER_BYTES,
          sound,
          "index: the host " + before.host() + " is missing, or goes back");
    }
  }

  /**
   * Follows every disk through the records, from what it was before to what the table says of the
   * segment's end.
   */
  private void checkDisks(ObjectRef ref, SegmentIndex index) throws CorruptObjectException {
    int count = index.disks().size();
    long[] capacityBytes = new long[count];
    BaselineState[] baseline = new BaselineState[count];
    for (int d = 0; d < count; d++) {
      DiskInfo before = disks.get(index.disks().get(d).number());
      checkSame(ref, before, index.disks().get(d));
      capacityBytes[d] = before == null ? 0 : before.capacityBytes();
      baseline[d] = before == null ? BaselineState.NEVER_BEGUN : before.baseline();
    }
    if (afterDamage) {
      return; // What the disks were before is not known for certain.
    }
    for (int i = 0; i < index.recordCount(); i++) {
      RecordType type = index.type(i);
      int d = index.disk(i);
      if (type == RecordType.DISK_OPENED) {
        requireLsn(ref, index, i, index.offsetBytes(i) >= capacityBytes[d], "the disk shrinks");
        capacityBytes[d] = index.offsetBytes(i);
      } else if (type.hasExtent()) {
        boolean within = index.offsetBytes(i) <= capacityBytes[d] - index.lengthBytes(i);
        requireLsn(
            ref,
            index,
            i,
            within,
            "the extent is beyond the disk as it is by then, or it was not opened");
      }
      if (type == RecordType.BASELINE) {
        baseline[d] = index.endsBaseline(i) ? BaselineState.COMPLETE : BaselineState.RUNNING;
      }
    }
    for (int d = 0; d < count; d++) {
      DiskInfo after = index.disks().get(d);
      boolean sound = after.capacityBytes() == capacityBytes[d] && after.baseline() == baseline[d];
      require(
          ref,
          Format.HEADER_BYTES,
          sound,
          "index: the disk " + after.number() + " is not what its records make of it");
    }
  }

  private static void checkSame(ObjectRef ref, DiskInfo before, DiskInfo after)
      throws CorruptObjectException {
    boolean sound =
        before == null
            || (before.vm().equals(after.vm())
                && before.disk().equals(after.disk())
                && before.sectorBytes() == after.sectorBytes()
                && before.capacityBytes() <= after.capacityBytes());
    require(
        ref,
        Format.HEADER_BYTES,
        sound,
        "index: the disk " + after.number() + " is not as it was, or shrank");
  }

  private static void requireLsn(
      ObjectRef ref, SegmentIndex index, int record, boolean holds, String what)
      throws CorruptObjectException {
    if (!holds) {
      throw ref.corrupt(Format.HEADER_BYTES, "index, LSN " + index.lsn(record) + ": " + what);
    }
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
