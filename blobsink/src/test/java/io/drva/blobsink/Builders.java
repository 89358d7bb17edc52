package io.drva.blobsink;

import java.io.IOException;
import java.util.List;

/** Feeds records of tests to a segment builder. */
final class Builders {
  private Builders() {}

  /** For a domain of which the chain holds nothing. */
  static SegmentBuilder builder(int segmentBytes, int recordsMax) {
    return new SegmentBuilder(segmentBytes, recordsMax, new DomainCatalog(List.of(), List.of()), 0);
  }

  static void add(SegmentBuilder builder, TestRecord record) throws IOException {
    DomainCatalog catalog = builder.catalog();
    TestRecord.Host host = record.host();
    TestRecord.Disk disk = record.disk();
    if (record.type() == RecordType.HOST_ATTACHED || !catalog.knowsHost(host.number())) {
      catalog.host(host.number(), host.name(), host.incarnation());
    }
    if (record.type() == RecordType.DISK_OPENED) {
      catalog.disk(disk.number(), disk.vm(), disk.name(), disk.sectorBytes(), disk.capacityBytes());
    }
    builder.add(
        record.type(),
        record.flags(),
        host.number(),
        record.sequence(),
        disk == null ? 0 : disk.number(),
        record.offsetBytes(),
        record.lengthBytes(),
        record.timeMicros(),
        record.dataCrc32c(),
        record.data());
  }
}
