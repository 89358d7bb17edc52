package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Makes a random but valid log of several disks written by two hosts, and says what every disk
 * holds at every LSN by applying the records one by one.
 */
public final class TestWorkload {
  private static final long START_MICROS = 1_700_000_000_000_000L;
  private static final int HOSTS = 2;

  private final SplittableRandom random;
  private final int writeBytesMax;
  private final List<TestRecord> records = new ArrayList<>();
  private final TestRecord.Host[] hosts = new TestRecord.Host[HOSTS];
  private final long[] sequences = new long[HOSTS];
  private final Map<Integer, TestRecord.Disk> disks = new TreeMap<>();
  private final Map<Integer, Boolean> baselineRunning = new HashMap<>();
  private long timeMicros = START_MICROS;

  public TestWorkload(long seed, int diskCount, int diskSectorsMax, int writeBytesMax) {
    this.random = new SplittableRandom(seed);
    this.writeBytesMax = writeBytesMax;
    for (int h = 0; h < HOSTS; h++) {
      attach(h);
    }
    for (int d = 1; d <= diskCount; d++) {
      int sectorBytes = random.nextInt(4) == 0 ? 4096 : 512;
      long sectors = 1 + random.nextLong(Math.max(1, diskSectorsMax * 512L / sectorBytes));
      open(
          new TestRecord.Disk(
              d, "vm" + (d + 1) / 2, "disk" + d, sectorBytes, sectors * sectorBytes));
    }
  }

  private void attach(int h) {
    hosts[h] = new TestRecord.Host(h, "esx" + h, new UUID(random.nextLong(), random.nextLong()));
    sequences[h] = 0;
    add(RecordType.HOST_ATTACHED, 0, h, false, null, 0, 0, new byte[0]);
  }

  private void open(TestRecord.Disk disk) {
    disks.put(disk.number(), disk);
    add(
        RecordType.DISK_OPENED,
        0,
        disk.number() % HOSTS,
        false,
        disk,
        disk.capacityBytes(),
        disk.sectorBytes(),
        new byte[0]);
  }

  private void add(
      RecordType type,
      int flags,
      int h,
      boolean sequenced,
      TestRecord.Disk disk,
      long offset,
      long length,
      byte[] data) {
    timeMicros += random.nextInt(1000);
    long sequence = sequenced ? ++sequences[h] : 0;
    records.add(
        new TestRecord(
            records.size() + 1L,
            type,
            flags,
            hosts[h],
            sequence,
            disk,
            offset,
            length,
            timeMicros,
            ByteBuffer.allocateDirect(data.length).put(data).flip()));
  }

  /** Adds so many random records. */
  public TestWorkload run(int count) {
    for (int i = 0; i < count; i++) {
      step();
    }
    return this;
  }

  private void step() {
    List<Integer> numbers = new ArrayList<>(disks.keySet());
    TestRecord.Disk disk = disks.get(numbers.get(random.nextInt(numbers.size())));
    int h = disk.number() % HOSTS;
    switch (random.nextInt(100)) {
      case 0 -> attach(h);
      case 1 -> add(RecordType.HOST_CLOSED, 0, h, false, null, 0, 0, new byte[0]);
      case 2 ->
          open(
              new TestRecord.Disk(
                  disk.number(),
                  disk.vm(),
                  disk.name(),
                  disk.sectorBytes(),
                  disk.capacityBytes() + (long) random.nextInt(3) * disk.sectorBytes()));
      default -> extent(disk, h);
    }
  }

  private void extent(TestRecord.Disk disk, int h) {
    int kind = random.nextInt(10);
    RecordType type =
        kind == 0
            ? RecordType.ZERO
            : kind == 1 ? RecordType.DISCARD : kind < 4 ? RecordType.BASELINE : RecordType.WRITE;
    long sectors = disk.capacityBytes() / disk.sectorBytes();
    long sectorsMax = Math.min(sectors, Math.max(1, writeBytesMax / disk.sectorBytes()));
    long length =
        type.hasData() || random.nextBoolean()
            ? 1 + random.nextLong(sectorsMax)
            : 1 + random.nextLong(sectors);
    long offset = random.nextLong(sectors - length + 1);
    byte[] data = new byte[type.hasData() ? (int) (length * disk.sectorBytes()) : 0];
    fill(data);
    int flags = 0;
    if (type == RecordType.BASELINE) {
      flags = random.nextInt(4) == 0 ? 1 : 0;
      baselineRunning.put(disk.number(), flags == 0);
    }
    add(type, flags, h, true, disk, offset * disk.sectorBytes(), length * disk.sectorBytes(), data);
  }

  /** Some incompressible, some half compressible, some all the same. */
  private void fill(byte[] data) {
    switch (random.nextInt(3)) {
      case 0 -> random.nextBytes(data);
      case 1 -> {
        byte[] half = new byte[data.length / 2];
        random.nextBytes(half);
        System.arraycopy(half, 0, data, 0, half.length);
        Arrays.fill(data, half.length, data.length, (byte) 7);
      }
      default -> Arrays.fill(data, (byte) random.nextInt(256));
    }
  }

  public List<TestRecord> records() {
    return List.copyOf(records);
  }

  public long lastLsn() {
    return records.size();
  }

  /**
   * What every disk holds at an LSN, by {@code vm_disk}; a disk that does not exist by then is not
   * in the map.
   */
  public static Map<String, byte[]> at(List<TestRecord> records, long lsn) {
    Map<String, byte[]> content = new TreeMap<>();
    for (TestRecord record : records) {
      if (record.lsn() > lsn) {
        break;
      }
      if (record.disk() != null) {
        apply(content, record);
      }
    }
    return content;
  }

  private static void apply(Map<String, byte[]> content, TestRecord record) {
    String name = record.disk().vm() + "_" + record.disk().name();
    int offset = (int) record.offsetBytes();
    switch (record.type()) {
      case DISK_OPENED -> {
        byte[] before = content.getOrDefault(name, new byte[0]);
        content.put(name, Arrays.copyOf(before, (int) record.offsetBytes()));
      }
      case WRITE, BASELINE ->
          record.data().duplicate().get(content.get(name), offset, record.dataBytes());
      case ZERO, DISCARD ->
          Arrays.fill(content.get(name), offset, offset + (int) record.lengthBytes(), (byte) 0);
      case HOST_ATTACHED, HOST_CLOSED -> {
        // Nothing happens to a disk.
      }
    }
  }
}
