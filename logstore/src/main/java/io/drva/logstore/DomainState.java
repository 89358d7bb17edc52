package io.drva.logstore;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The hosts and disks of a domain as of one LSN: what every record up to it adds up to. Owned by
 * one thread at a time.
 *
 * <p>Each cycle file starts with the whole of it, so that it never depends on a recycled file:
 *
 * <pre>
 *   SNAPSHOT       u32 hosts, u32 disks, u64 released LSN, u64 lastTimeMicros, each host, each disk
 *   host           u32 number, u64 lastSeq, u64 attachedLsn, u8 closed, 16 incarnation, u8 length, name
 *   disk           u32 number, u64 capacityBytes, u32 sectorBytes, u8 length, VM name, u8 length, disk name
 *   HOST_ATTACHED  16 incarnation, u8 length, name
 *   DISK_OPENED    u8 length, VM name, u8 length, disk name
 * </pre>
 */
final class DomainState {

  private static final int HOST_BYTES_MAX = 4 + 8 + 8 + 1 + 16 + 1 + LogLimits.NAME_BYTES_MAX;
  private static final int DISK_BYTES_MAX = 4 + 8 + 4 + 2 * (1 + LogLimits.NAME_BYTES_MAX);

  private static final int SNAPSHOT_HEAD_BYTES = 4 + 4 + 8 + 8;

  /** The largest snapshot, bytes; it fits in one record. */
  static final int SNAPSHOT_BYTES_MAX =
      SNAPSHOT_HEAD_BYTES
          + LogLimits.HOSTS_MAX * HOST_BYTES_MAX
          + LogLimits.DISKS_MAX * DISK_BYTES_MAX;

  private static final class Host {
    String name;
    final byte[] incarnation = new byte[LogLimits.INCARNATION_BYTES];
    long lastSeq;
    long attachedLsn;
    boolean closed;
  }

  private final Host[] hosts = new Host[LogLimits.HOSTS_MAX + 1];
  private final DiskState[] disks = new DiskState[LogLimits.DISKS_MAX + 1];
  private long lastTimeMicros;

  List<HostState> hosts() {
    List<HostState> result = new ArrayList<>();
    for (int number = 1; number < hosts.length; number++) {
      Host host = hosts[number];
      if (host != null) {
        result.add(
            new HostState(
                number,
                host.name,
                HexFormat.of().formatHex(host.incarnation),
                host.lastSeq,
                host.attachedLsn,
                host.closed));
      }
    }
    return List.copyOf(result);
  }

  List<DiskState> disks() {
    List<DiskState> result = new ArrayList<>();
    for (DiskState disk : disks) {
      if (disk != null) {
        result.add(disk);
      }
    }
    return List.copyOf(result);
  }

  /**
   * Whether the record may come next.
   *
   * @param data the record's data from its position to its limit; neither moves
   * @return null when it may, else why not
   */
  String refusal(RecordHeader header, ByteBuffer data) {
    if (data.remaining() != header.dataLengthBytes) {
      return "data of "
          + data.remaining()
          + " bytes, but a data length of "
          + header.dataLengthBytes;
    }
    return switch (header.type) {
      case RecordType.WRITE, RecordType.BASELINE, RecordType.ZERO, RecordType.DISCARD ->
          extentRefusal(header);
      case RecordType.HOST_ATTACHED -> attachRefusal(header, data);
      case RecordType.DISK_OPENED -> diskRefusal(header, data);
      case RecordType.HOST_CLOSED ->
          knownHost(header.host) ? null : "host " + header.host + " was never attached";
      default -> "record type " + header.type + " is unknown";
    };
  }

  private String extentRefusal(RecordHeader header) {
    if (!knownHost(header.host)) {
      return "host " + header.host + " was never attached";
    }
    if (!knownDisk(header.disk)) {
      return "disk " + header.disk + " was never opened";
    }
    long expectedSeq = hosts[header.host].lastSeq + 1;
    if (header.seq != expectedSeq) {
      return "seq " + header.seq + " of host " + header.host + " is not the next, " + expectedSeq;
    }
    int dataLengthExpected = RecordType.carriesDiskData(header.type) ? header.lengthBytes : 0;
    if (header.dataLengthBytes != dataLengthExpected) {
      return "data of "
          + header.dataLengthBytes
          + " bytes for an extent of "
          + header.lengthBytes
          + " and type "
          + header.type;
    }
    if (dataLengthExpected == 0 && header.dataCrc32c != 0) {
      return "a data checksum without data";
    }
    return null;
  }

  private String attachRefusal(RecordHeader header, ByteBuffer data) {
    if (header.host < 1 || header.host > LogLimits.HOSTS_MAX) {
      return "host number " + header.host + " is outside 1 to " + LogLimits.HOSTS_MAX;
    }
    int at = data.position() + LogLimits.INCARNATION_BYTES;
    if (!nameFits(data, at) || at + 1 + nameLength(data, at) != data.limit()) {
      return "the host's name does not end where the data ends";
    }
    String name = nameAt(data, at);
    for (int number = 1; number < hosts.length; number++) {
      Host other = hosts[number];
      if (other != null && other.name.equals(name) != (number == header.host)) {
        return "host name " + name + " and number " + header.host + " already belong to others";
      }
    }
    return null;
  }

  private String diskRefusal(RecordHeader header, ByteBuffer data) {
    if (!knownHost(header.host)) {
      return "host " + header.host + " was never attached";
    }
    if (header.disk < 1 || header.disk > LogLimits.DISKS_MAX) {
      return "disk number " + header.disk + " is outside 1 to " + LogLimits.DISKS_MAX;
    }
    int vmAt = data.position();
    int diskAt = nameFits(data, vmAt) ? vmAt + 1 + nameLength(data, vmAt) : data.limit();
    if (!nameFits(data, diskAt) || diskAt + 1 + nameLength(data, diskAt) != data.limit()) {
      return "the disk's names do not end where the data ends";
    }
    String vm = nameAt(data, vmAt);
    String disk = nameAt(data, diskAt);
    for (DiskState other : disks) {
      boolean sameName = other != null && other.vm().equals(vm) && other.disk().equals(disk);
      if (other != null && sameName != (other.number() == header.disk)) {
        return "disk "
            + vm
            + "/"
            + disk
            + " and number "
            + header.disk
            + " already belong to others";
      }
    }
    return null;
  }

  /** The latest time of any record up to this state's LSN; 0 when there is none. */
  long lastTimeMicros() {
    return lastTimeMicros;
  }

  /**
   * Takes the record, which {@link #refusal} has let pass and which has its LSN. Allocates for
   * types 5 and 6 only.
   */
  void apply(RecordHeader header, ByteBuffer data) {
    lastTimeMicros = Math.max(lastTimeMicros, header.timeMicros);
    switch (header.type) {
      case RecordType.WRITE, RecordType.BASELINE, RecordType.ZERO, RecordType.DISCARD -> {
        Host host = hosts[header.host];
        host.lastSeq = header.seq;
        host.closed = false;
      }
      case RecordType.HOST_ATTACHED -> {
        Host host = new Host();
        data.get(data.position(), host.incarnation);
        host.name = nameAt(data, data.position() + LogLimits.INCARNATION_BYTES);
        host.attachedLsn = header.lsn;
        hosts[header.host] = host;
      }
      case RecordType.DISK_OPENED -> {
        int diskAt = data.position() + 1 + nameLength(data, data.position());
        disks[header.disk] =
            new DiskState(
                header.disk,
                nameAt(data, data.position()),
                nameAt(data, diskAt),
                header.offsetBytes,
                header.lengthBytes);
        hosts[header.host].closed = false;
      }
      case RecordType.HOST_CLOSED -> hosts[header.host].closed = true;
      default -> throw new IllegalArgumentException("record type " + header.type);
    }
  }

  private boolean knownHost(int number) {
    return number >= 1 && number < hosts.length && hosts[number] != null;
  }

  private boolean knownDisk(int number) {
    return number >= 1 && number < disks.length && disks[number] != null;
  }

  /** At most how long {@link #encodeSnapshot} is now, bytes. */
  int snapshotBytesMax() {
    int bytes = SNAPSHOT_HEAD_BYTES;
    for (Host host : hosts) {
      bytes += host == null ? 0 : HOST_BYTES_MAX;
    }
    for (DiskState disk : disks) {
      bytes += disk == null ? 0 : DISK_BYTES_MAX;
    }
    return bytes;
  }

  /** Puts a snapshot from {@code target}'s position on. */
  void encodeSnapshot(ByteBuffer target, long releasedLsn) {
    int countsAt = target.position();
    target.putInt(0).putInt(0).putLong(releasedLsn).putLong(lastTimeMicros);
    int hostCount = 0;
    for (int number = 1; number < hosts.length; number++) {
      Host host = hosts[number];
      if (host != null) {
        hostCount++;
        target.putInt(number).putLong(host.lastSeq).putLong(host.attachedLsn);
        target.put((byte) (host.closed ? 1 : 0));
        target.put(host.incarnation);
        putName(target, host.name);
      }
    }
    int diskCount = 0;
    for (DiskState disk : disks) {
      if (disk != null) {
        diskCount++;
        target.putInt(disk.number()).putLong(disk.capacityBytes()).putInt(disk.sectorBytes());
        putName(target, disk.vm());
        putName(target, disk.disk());
      }
    }
    target.putInt(countsAt, hostCount).putInt(countsAt + 4, diskCount);
  }

  /** Whether both stand for the same hosts, disks and time. */
  boolean sameAs(DomainState other) {
    return hosts().equals(other.hosts())
        && disks().equals(other.disks())
        && lastTimeMicros == other.lastTimeMicros;
  }

  /** Becomes what another log, or the chain, has come to. */
  void restore(LogOrigin origin) {
    Arrays.fill(hosts, null);
    Arrays.fill(disks, null);
    lastTimeMicros = origin.lastTimeMicros();
    for (HostState known : origin.hosts()) {
      Host host = new Host();
      host.name = known.name();
      System.arraycopy(known.incarnationBytes(), 0, host.incarnation, 0, host.incarnation.length);
      host.lastSeq = known.lastSeq();
      host.attachedLsn = known.attachedLsn();
      host.closed = known.closed();
      hosts[known.number()] = host;
    }
    for (DiskState disk : origin.disks()) {
      disks[disk.number()] = disk;
    }
  }

  /**
   * Becomes what the snapshot in {@code source} says; the caller has verified its checksum.
   *
   * @return the released LSN that the snapshot carries
   */
  long decodeSnapshot(ByteBuffer source) {
    Arrays.fill(hosts, null);
    Arrays.fill(disks, null);
    int hostCount = source.getInt();
    int diskCount = source.getInt();
    long releasedLsn = source.getLong();
    lastTimeMicros = source.getLong();
    for (int i = 0; i < hostCount; i++) {
      Host host = new Host();
      int number = source.getInt();
      host.lastSeq = source.getLong();
      host.attachedLsn = source.getLong();
      host.closed = source.get() != 0;
      source.get(host.incarnation);
      host.name = getName(source);
      hosts[number] = host;
    }
    for (int i = 0; i < diskCount; i++) {
      int number = source.getInt();
      long capacityBytes = source.getLong();
      int sectorBytes = source.getInt();
      String vm = getName(source);
      disks[number] = new DiskState(number, vm, getName(source), capacityBytes, sectorBytes);
    }
    return releasedLsn;
  }

  static void putName(ByteBuffer target, String name) {
    byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
    target.put((byte) ascii.length).put(ascii);
  }

  private static String getName(ByteBuffer source) {
    String name = nameAt(source, source.position());
    source.position(source.position() + 1 + nameLength(source, source.position()));
    return name;
  }

  /** The name whose length byte is at {@code at}. */
  static String nameAt(ByteBuffer source, int at) {
    byte[] ascii = new byte[nameLength(source, at)];
    source.get(at + 1, ascii);
    return new String(ascii, StandardCharsets.US_ASCII);
  }

  static int nameLength(ByteBuffer source, int at) {
    return source.get(at) & 0xFF;
  }

  private static boolean nameFits(ByteBuffer source, int at) {
    return at < source.limit()
        && nameLength(source, at) >= 1
        && nameLength(source, at) <= LogLimits.NAME_BYTES_MAX
        && at + 1 + nameLength(source, at) <= source.limit();
  }
}
