package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a domain's log must hold, whatever happens to the disk under it. The shape of a record
 * follows from its LSN and the records before it; its data also from the life it was appended in,
 * so that a record of an earlier life that was lost is not taken for the one that came in its
 * place, although it may lie at the same position.
 */
final class DomainModel {

  private static final long MIX = 0x9E37_79B9_7F4A_7C15L;
  private static final int HOSTS = 3;
  private static final int DISKS = 4;

  /** The data of a record is shorter than this, bytes: 512 times a power of two up to 1 MiB. */
  private static final int DATA_BITS = 12;

  private record Entry(
      long dataSeed,
      int type,
      int flags,
      int host,
      long seq,
      int disk,
      long offsetBytes,
      int lengthBytes,
      long timeMicros) {}

  final String domain;
  private final long seed;
  private final long firstLsn;
  private final ByteBuffer data = ByteBuffer.allocate(LogLimits.DATA_BYTES_MAX);

  private final List<Entry> entries = new ArrayList<>();
  private final TreeMap<Integer, HostState> hosts = new TreeMap<>();
  private final TreeMap<Integer, DiskState> disks = new TreeMap<>();
  private long lastTimeMicros;

  /** What the log said is forced: must survive a power cut. */
  private long forcedLsn;

  /** What is in the page cache: must survive the process. */
  private long appendedLsn;

  /** What may have been released. */
  private long releasedLsn;

  /** What was given up for sure is before this. */
  private long firstLsnMin;

  private boolean started;
  private boolean beingRemoved;
  private Optional<ChainOfLog> chain = Optional.empty();
  private Optional<ChainOfLog> chainUnderWay = Optional.empty();

  DomainModel(String domain, long seed, long firstLsn) {
    this.domain = domain;
    this.seed = seed;
    this.firstLsn = firstLsn;
    this.forcedLsn = firstLsn - 1;
    this.appendedLsn = firstLsn - 1;
    this.releasedLsn = firstLsn - 1;
    this.firstLsnMin = firstLsn;
  }

  LogOrigin origin() {
    return new LogOrigin(firstLsn - 1, 0, List.of(), List.of());
  }

  /** The domain has a log. */
  void start() {
    started = true;
  }

  boolean isStarted() {
    return started;
  }

  /** Nothing of it needs to be there. */
  boolean isEmpty() {
    return appendedLsn < firstLsn;
  }

  /** From now on the log may be gone, as a whole. */
  void remove() {
    beingRemoved = true;
  }

  boolean isBeingRemoved() {
    return beingRemoved;
  }

  /** It is not. */
  void keep() {
    beingRemoved = false;
  }

  long lastLsn() {
    return firstLsn + entries.size() - 1;
  }

  long forcedLsn() {
    return forcedLsn;
  }

  long appendedLsn() {
    return appendedLsn;
  }

  long releasedLsn() {
    return releasedLsn;
  }

  // ---- what the log is told, and says ----

  /**
   * Appends the next record.
   *
   * @return false when the log is full
   */
  boolean append(DomainLog log, long life) throws IOException {
    long lsn = lastLsn() + 1;
    Entry entry = next(lsn, life);
    entries.add(entry);
    try {
      assertEquals(lsn, append(log, entry));
    } catch (LogFullException e) {
      entries.removeLast();
      return false;
    }
    apply(lsn, entry);
    return true;
  }

  /** Whether the record with which the log ends is the last of its group. */
  boolean endsGroup() {
    return shape(lastLsn()).split().nextInt(4) == 0;
  }

  void appended(long lsn) {
    appendedLsn = lsn;
  }

  void forced(long lsn) {
    assertTrue(lsn > forcedLsn && lsn <= appendedLsn, () -> "forced " + lsn);
    forcedLsn = lsn;
  }

  void releasing(long lsn) {
    releasedLsn = Math.max(releasedLsn, lsn);
  }

  void released(DomainLog log) {
    assertTrue(log.firstLsn() >= firstLsnMin);
    firstLsnMin = log.firstLsn();
  }

  void bindChain(DomainLog log, ChainOfLog newChain) throws IOException {
    chainUnderWay = Optional.of(newChain);
    log.bindChain(newChain);
    chain = chainUnderWay;
  }

  /** The power failed: only what is forced must be there. */
  void lostPower() {
    appendedLsn = forcedLsn;
  }

  /**
   * A log that was opened, after whatever happened, must hold what it must, and nothing else. From
   * now on it is what must be there.
   */
  void recovered(DomainLog log) throws IOException {
    long last = log.lastLsn();
    assertTrue(last >= appendedLsn, () -> domain + " lost " + (last + 1) + " to " + appendedLsn);
    assertTrue(last <= lastLsn(), () -> domain + " has " + last + " but only " + lastLsn());
    assertEquals(last, log.forcedLsn());
    truncate(last);
    appendedLsn = last;
    forcedLsn = last;
    assertEquals(List.copyOf(hosts.values()), log.hosts());
    assertEquals(List.copyOf(disks.values()), log.disks());
    assertEquals(lastTimeMicros, log.lastTimeMicros());
    assertTrue(log.releasedLsn() <= releasedLsn, () -> domain + " released " + log.releasedLsn());
    assertTrue(
        log.firstLsn() >= firstLsnMin && log.firstLsn() <= releasedLsn + 1,
        () -> domain + " begins with " + log.firstLsn());
    Optional<ChainOfLog> found = log.chain();
    assertTrue(found.equals(chain) || found.equals(chainUnderWay), () -> "chain " + found);
    chain = found;
    chainUnderWay = found;
    try (LogReader reader = log.reader(log.firstLsn())) {
      for (long lsn = log.firstLsn(); lsn <= last; lsn++) {
        assertTrue(reader.next());
        check(reader, lsn);
      }
      assertFalse(reader.next());
    }
  }

  // ---- records ----

  private SplittableRandom shape(long lsn) {
    return new SplittableRandom(seed ^ lsn * MIX);
  }

  private Entry next(long lsn, long life) {
    SplittableRandom shape = shape(lsn);
    int choice = shape.nextInt(60);
    int host = 1 + shape.nextInt(HOSTS);
    int disk = 1 + shape.nextInt(DISKS);
    long time = lsn * 1000 - shape.nextInt(2000);
    if (hosts.isEmpty() || choice == 0) {
      return new Entry(shape.nextLong(), RecordType.HOST_ATTACHED, 0, host, 0, 0, 0, 0, time);
    }
    host = pick(hosts, host);
    if (disks.isEmpty() || choice == 1) {
      long capacity = (1 + shape.nextLong(1 << 20)) << 20;
      return new Entry(0, RecordType.DISK_OPENED, 0, host, 0, disk, capacity, 512, time);
    }
    if (choice == 2) {
      return new Entry(0, RecordType.HOST_CLOSED, 0, host, 0, 0, 0, 0, time);
    }
    int length = 1 + shape.nextInt(512 << shape.nextInt(DATA_BITS));
    return new Entry(
        (seed + life) * MIX + lsn,
        extentType(shape),
        shape.nextInt(RecordHeader.FLAGS_MASK),
        host,
        hosts.get(host).lastSeq() + 1,
        pick(disks, disk),
        shape.nextLong(1L << 40),
        length,
        time);
  }

  private static int pick(NavigableMap<Integer, ?> known, int number) {
    Integer below = known.floorKey(number);
    return below == null ? known.firstKey() : below;
  }

  private static int extentType(SplittableRandom shape) {
    return switch (shape.nextInt(10)) {
      case 0 -> RecordType.ZERO;
      case 1 -> RecordType.DISCARD;
      case 2 -> RecordType.BASELINE;
      default -> RecordType.WRITE;
    };
  }

  private static String hostName(Entry entry) {
    return "host-" + entry.host;
  }

  private static byte[] incarnation(Entry entry) {
    return ByteBuffer.allocate(LogLimits.INCARNATION_BYTES).putLong(entry.dataSeed).array();
  }

  private static String diskName(Entry entry) {
    return "disk-" + entry.disk;
  }

  private ByteBuffer data(Entry entry) {
    data.clear();
    if (!RecordType.carriesDiskData(entry.type)) {
      return data.limit(0);
    }
    long value = entry.dataSeed;
    for (int at = 0; at < entry.lengthBytes; at += Long.BYTES) {
      value += MIX;
      data.putLong(at, value);
    }
    return data.limit(entry.lengthBytes);
  }

  private long append(DomainLog log, Entry entry) throws IOException {
    return switch (entry.type) {
      case RecordType.HOST_ATTACHED ->
          log.attachHost(entry.host, hostName(entry), incarnation(entry), entry.timeMicros);
      case RecordType.HOST_CLOSED -> log.closeHost(entry.host, entry.timeMicros);
      case RecordType.DISK_OPENED ->
          log.openDisk(
              entry.host,
              entry.disk,
              "vm",
              diskName(entry),
              entry.offsetBytes,
              entry.lengthBytes,
              entry.timeMicros);
      default -> {
        ByteBuffer content = data(entry);
        yield log.append(
            entry.type,
            entry.flags,
            entry.host,
            entry.seq,
            entry.disk,
            entry.offsetBytes,
            entry.lengthBytes,
            entry.timeMicros,
            Records.crc(content),
            content);
      }
    };
  }

  /** Fails unless the reader's current record is the one that was appended with this LSN. */
  void check(LogReader reader, long lsn) {
    Entry entry = entries.get(Math.toIntExact(lsn - firstLsn));
    assertEquals(lsn, reader.lsn());
    assertEquals(entry.type, reader.type());
    assertEquals(entry.flags, reader.flags());
    assertEquals(entry.host, reader.host());
    assertEquals(entry.seq, reader.seq());
    assertEquals(entry.disk, reader.disk());
    assertEquals(entry.offsetBytes, reader.offsetBytes());
    assertEquals(entry.lengthBytes, reader.lengthBytes());
    assertEquals(entry.timeMicros, reader.timeMicros());
    switch (entry.type) {
      case RecordType.HOST_ATTACHED -> {
        assertEquals(hostName(entry), reader.hostName());
        assertEquals(hex(incarnation(entry)), hex(reader.incarnation()));
      }
      case RecordType.DISK_OPENED -> {
        assertEquals("vm", reader.vmName());
        assertEquals(diskName(entry), reader.diskName());
      }
      default -> {
        ByteBuffer expected = data(entry);
        assertTrue(expected.equals(reader.data()), () -> domain + ": other data with LSN " + lsn);
        assertEquals(Records.crc(expected), reader.dataCrc32c());
      }
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  // ---- what the records add up to ----

  private void truncate(long last) {
    while (lastLsn() > last) {
      entries.removeLast();
    }
    hosts.clear();
    disks.clear();
    lastTimeMicros = 0;
    for (int i = 0; i < entries.size(); i++) {
      apply(firstLsn + i, entries.get(i));
    }
  }

  private void apply(long lsn, Entry entry) {
    lastTimeMicros = Math.max(lastTimeMicros, entry.timeMicros);
    switch (entry.type) {
      case RecordType.HOST_ATTACHED ->
          hosts.put(
              entry.host,
              new HostState(entry.host, hostName(entry), hex(incarnation(entry)), 0, lsn, false));
      case RecordType.DISK_OPENED -> {
        disks.put(
            entry.disk,
            new DiskState(entry.disk, "vm", diskName(entry), entry.offsetBytes, entry.lengthBytes));
        closed(entry.host, false, hosts.get(entry.host).lastSeq());
      }
      case RecordType.HOST_CLOSED -> closed(entry.host, true, hosts.get(entry.host).lastSeq());
      default -> closed(entry.host, false, entry.seq);
    }
  }

  private void closed(int host, boolean closed, long lastSeq) {
    HostState state = hosts.get(host);
    hosts.put(
        host,
        new HostState(
            host, state.name(), state.incarnation(), lastSeq, state.attachedLsn(), closed));
  }

  static ChainOfLog chain(long epoch) {
    return new ChainOfLog(new UUID(MIX, epoch * MIX), epoch);
  }
}
