package io.drva.demo;

import io.drva.appliance.Platform;
import io.drva.blobsink.ChainReader;
import io.drva.blobsink.ChainVisitor;
import io.drva.blobsink.Container;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.HostPosition;
import io.drva.blobsink.RecordType;
import io.drva.blobsink.SegmentIndex;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Compares a chain with what the hosts of a made-up load have sent: the extents of each host, in
 * order, each once, with the content they had, and nothing else. What was sent is made again from
 * the load's options.
 */
public final class ChainCheck implements ChainVisitor {
  private final Map<String, LoadPlan.Host> hosts = new HashMap<>();
  private final Map<String, Long> extents = new TreeMap<>();
  private long checkedLsn;

  public ChainCheck(DemoOptions options) throws IOException, InvalidTraceException {
    this(LoadPlan.of(options).hosts());
  }

  /**
   * @param sending what the hosts send; their writes are gone through as the chain is
   */
  public ChainCheck(List<LoadPlan.Host> sending) {
    for (LoadPlan.Host host : sending) {
      hosts.put(host.name(), host);
      extents.put(host.name(), 0L);
    }
  }

  /**
   * Goes on from where the last call came to, as far as the chain is there.
   *
   * @return how many extents of each host the chain has
   * @throws DifferenceException for the first extent that should not be where it is
   */
  public Map<String, Long> follow(Container container) throws IOException {
    ChainReader.walk(container, this);
    return Map.copyOf(extents);
  }

  /**
   * Recovers every disk into {@code folder} and compares each byte with what was sent.
   *
   * @param written the plan whose writes were made
   * @throws DifferenceException for the first disk that differs
   */
  public static void images(Container container, LoadPlan written, Path folder) throws IOException {
    ImageCheck check =
        new ImageCheck(container, folder, written.models(), Platform.SYSTEM, Phases.SILENT);
    check.run();
    List<String> differences = check.differences();
    if (!differences.isEmpty()) {
      throw new DifferenceException(String.join("; ", differences));
    }
  }

  @Override
  public void segment(SegmentIndex index) throws IOException {
    if (index.header().lastLsn() <= checkedLsn) {
      return;
    }
    for (int i = 0; i < index.recordCount(); i++) {
      if (index.lsn(i) > checkedLsn) {
        checkedLsn = index.lsn(i);
        if (index.type(i).hasExtent()) {
          extent(index, i);
        }
      }
    }
    for (HostPosition host : index.hosts()) {
      if (host.lastSeq() != extents.getOrDefault(host.host(), 0L)) {
        throw new DifferenceException(
            "LSN %d: the chain has %d extents of %s, up to number %d"
                .formatted(checkedLsn, extents.get(host.host()), host.host(), host.lastSeq()));
      }
    }
  }

  private void extent(SegmentIndex index, int record) throws DifferenceException {
    String name = index.hosts().get(index.host(record)).host();
    DiskInfo disk = index.disks().get(index.disk(record));
    String found =
        describe(
            index.type(record),
            disk.vm(),
            disk.disk(),
            index.offsetBytes(record),
            index.lengthBytes(record),
            index.dataCrc32c(record));
    LoadPlan.Host host = hosts.get(name);
    if (host == null || !host.writes().next()) {
      throw new DifferenceException(
          "LSN " + index.lsn(record) + ": " + name + " never sent " + found);
    }
    long number = extents.merge(name, 1L, Long::sum);
    String expected = expected(host, number);
    if (!found.equals(expected)) {
      throw new DifferenceException(
          "LSN %d: extent %d of %s is %s, but it sent %s"
              .formatted(index.lsn(record), number, name, found, expected));
    }
  }

  private static String expected(LoadPlan.Host host, long version) {
    WriteSource write = host.writes();
    DiskModel disk = host.disks().get(write.disk());
    CRC32C crc = new CRC32C();
    if (write.kind() == WriteSource.Kind.WRITE) {
      ByteBuf data = Unpooled.buffer(write.lengthBytes());
      Payload.write(
          data,
          disk.disk(),
          write.offsetBytes() / Payload.SECTOR_BYTES,
          write.lengthBytes() / Payload.SECTOR_BYTES,
          (int) version);
      crc.update(data.nioBuffer());
    }
    return describe(
        RecordType.valueOf(write.kind().name()),
        disk.vm(),
        disk.name(),
        write.offsetBytes(),
        write.lengthBytes(),
        (int) crc.getValue());
  }

  private static String describe(
      RecordType type, String vm, String disk, long offsetBytes, long lengthBytes, int crc32c) {
    return "%s %s/%s %d+%d (%08x)"
        .formatted(type, vm, disk, offsetBytes, lengthBytes, type.hasData() ? crc32c : 0);
  }

  /** The chain is not what the hosts have sent. */
  public static final class DifferenceException extends IOException {
    private static final long serialVersionUID = 1L;

    DifferenceException(String message) {
      super(message);
    }
  }
}
