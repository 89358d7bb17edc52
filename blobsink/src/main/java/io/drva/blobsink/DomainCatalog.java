package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The hosts and disks of a domain as the chain knows them at the point that the segment builder has
 * reached. Owned by the builder's thread.
 */
public final class DomainCatalog {
  /** The most hosts that this version ships for. */
  public static final int HOSTS_MAX = 1024;

  private final List<Host> hosts = new ArrayList<>();
  private final Map<String, Host> hostsByName = new HashMap<>();
  private Host[] hostsByNumber = new Host[16];
  private Disk[] disksByNumber = new Disk[64];

  static final class Host {
    final int tableIndex;
    final String name;
    UUID incarnation;
    long lastSeq;

    Host(int tableIndex, String name, UUID incarnation, long lastSeq) {
      this.tableIndex = tableIndex;
      this.name = name;
      this.incarnation = incarnation;
      this.lastSeq = lastSeq;
    }
  }

  static final class Disk {
    final int number;
    final int sectorBytes;
    final String vm;
    final String disk;
    long capacityBytes;
    BaselineState baseline;

    /** Position in the disk table of the segment under way, or -1. */
    int tableIndex = -1;

    /** The open chunk that holds data of this disk, or null. */
    StagedChunk chunk;

    Disk(DiskInfo info) {
      this.number = info.number();
      this.sectorBytes = info.sectorBytes();
      this.vm = info.vm();
      this.disk = info.disk();
      this.capacityBytes = info.capacityBytes();
      this.baseline = info.baseline();
    }
  }

  /**
   * Begins with what the chain holds.
   *
   * @param hosts the chain's last host table
   * @param disks the last entry of every disk in the chain
   */
  public DomainCatalog(List<HostPosition> hosts, List<DiskInfo> disks) {
    for (HostPosition position : hosts) {
      addHost(position.host(), position.incarnation(), position.lastSeq());
    }
    for (DiskInfo info : disks) {
      putDisk(info.number(), new Disk(info));
    }
  }

  private Host addHost(String name, UUID incarnation, long lastSeq) {
    if (hosts.size() == HOSTS_MAX) {
      throw new IllegalStateException(
          "a domain has at most " + HOSTS_MAX + " hosts; '" + name + "' is one more");
    }
    if (!Format.isName(name)) {
      throw new IllegalArgumentException("not a host name: '" + name + "'");
    }
    Host host = new Host(hosts.size(), name, incarnation, lastSeq);
    hosts.add(host);
    hostsByName.put(name, host);
    return host;
  }

  /** Takes note of what a source's record says of its host and disk. */
  void introduce(RecordSource source) {
    int hostNumber = source.hostNumber();
    if (source.type() == RecordType.HOST_ATTACHED || !knowsHost(hostNumber)) {
      host(hostNumber, source.hostName(), source.hostIncarnation());
    }
    if (source.type() == RecordType.DISK_OPENED) {
      disk(
          source.diskNumber(),
          source.vmName(),
          source.diskName(),
          Math.toIntExact(source.lengthBytes()),
          source.offsetBytes());
    }
  }

  /** Whether records of the host with this number can be added. */
  public boolean knowsHost(int hostNumber) {
    return hostNumber >= 0
        && hostNumber < hostsByNumber.length
        && hostsByNumber[hostNumber] != null;
  }

  /**
   * Says which host a number stands for, and its incarnation from the next record on. A host of
   * that name keeps its position when the incarnation is the one that the chain has; else the
   * position starts at 0.
   *
   * @param hostNumber the caller's number for the host, 0 to 65,534
   */
  public void host(int hostNumber, String name, UUID incarnation) {
    if (hostNumber < 0 || hostNumber >= Format.NAMES_MAX) {
      throw new IllegalArgumentException("host number out of range: " + hostNumber);
    }
    Host host = hostsByName.get(name);
    if (host == null) {
      host = addHost(name, incarnation, 0);
    } else if (!host.incarnation.equals(incarnation)) {
      host.incarnation = incarnation;
      host.lastSeq = 0;
    }
    if (hostNumber >= hostsByNumber.length) {
      hostsByNumber =
          Arrays.copyOf(hostsByNumber, Math.max(hostNumber + 1, hostsByNumber.length * 2));
    }
    hostsByNumber[hostNumber] = host;
  }

  /** Whether records of the disk with this number can be added. */
  public boolean knowsDisk(int diskNumber) {
    return diskNumber >= 1
        && diskNumber < disksByNumber.length
        && disksByNumber[diskNumber] != null;
  }

  /**
   * Says what a disk is, or that it has grown.
   *
   * @param diskNumber the domain's number for the disk, 1 to 65,535
   * @throws IllegalArgumentException when that contradicts what the chain says of the disk
   */
  public void disk(int diskNumber, String vm, String disk, int sectorBytes, long capacityBytes) {
    if (diskNumber < 1
        || diskNumber > Format.NAMES_MAX
        || !Format.isName(vm)
        || !Format.isName(disk)) {
      throw new IllegalArgumentException(
          "not a disk: number " + diskNumber + ", '" + vm + "/" + disk + "'");
    }
    if ((sectorBytes != Format.SECTOR_BYTES && sectorBytes != Format.SECTOR_BYTES_LARGE)
        || capacityBytes < sectorBytes
        || capacityBytes > Format.CAPACITY_BYTES_MAX
        || capacityBytes % sectorBytes != 0) {
      throw new IllegalArgumentException(
          "disk "
              + vm
              + "/"
              + disk
              + ": sectors of "
              + sectorBytes
              + " and capacity "
              + capacityBytes
              + " bytes");
    }
    if (!knowsDisk(diskNumber)) {
      putDisk(
          diskNumber,
          new Disk(
              new DiskInfo(
                  diskNumber, sectorBytes, capacityBytes, BaselineState.NEVER_BEGUN, vm, disk)));
      return;
    }
    Disk known = disksByNumber[diskNumber];
    if (!known.vm.equals(vm)
        || !known.disk.equals(disk)
        || known.sectorBytes != sectorBytes
        || known.capacityBytes > capacityBytes) {
      throw new IllegalArgumentException(
          "disk "
              + diskNumber
              + " is "
              + known.vm
              + "/"
              + known.disk
              + " with sectors of "
              + known.sectorBytes
              + " and "
              + known.capacityBytes
              + " bytes in the chain, not "
              + vm
              + "/"
              + disk
              + " with "
              + sectorBytes
              + " and "
              + capacityBytes);
    }
    known.capacityBytes = capacityBytes;
  }

  private void putDisk(int diskNumber, Disk disk) {
    if (diskNumber >= disksByNumber.length) {
      disksByNumber =
          Arrays.copyOf(disksByNumber, Math.max(diskNumber + 1, disksByNumber.length * 2));
    }
    disksByNumber[diskNumber] = disk;
  }

  Host hostOf(int hostNumber) {
    if (!knowsHost(hostNumber)) {
      throw new IllegalArgumentException(
          "a record names the host " + hostNumber + ", which was not introduced");
    }
    return hostsByNumber[hostNumber];
  }

  Disk diskOf(int diskNumber) {
    if (!knowsDisk(diskNumber)) {
      throw new IllegalArgumentException(
          "a record names the disk " + diskNumber + ", which was not introduced");
    }
    return disksByNumber[diskNumber];
  }

  int hostCount() {
    return hosts.size();
  }

  /** A copy of where all hosts are. */
  HostPositions positions() {
    List<HostPosition> positions = new ArrayList<>(hosts.size());
    for (Host host : hosts) {
      positions.add(new HostPosition(host.name, host.incarnation, host.lastSeq));
    }
    return new HostPositions(positions);
  }

  void writeHostTable(ByteBuffer out) {
    for (Host host : hosts) {
      out.putLong(host.incarnation.getMostSignificantBits())
          .putLong(host.incarnation.getLeastSignificantBits());
      out.putLong(host.lastSeq);
      writeName(out, host.name);
    }
  }

  static void writeDisk(ByteBuffer out, Disk disk) {
    out.putInt(disk.number).putInt(disk.sectorBytes).putLong(disk.capacityBytes);
    out.put((byte) disk.baseline.code());
    writeName(out, disk.vm);
    writeName(out, disk.disk);
  }

  private static void writeName(ByteBuffer out, String name) {
    byte[] text = name.getBytes(US_ASCII);
    out.put((byte) text.length).put(text);
  }
}
