package io.drva.demo;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which host writes what.
 *
 * @param hosts one for each host
 * @param totalBytes what they write together
 */
public record LoadPlan(List<Host> hosts, long totalBytes) {

  /** A host: its name, its disks, and its writes. */
  public record Host(String name, List<DiskModel> disks, WriteSource writes) {}

  public static LoadPlan of(DemoOptions options) throws IOException, InvalidTraceException {
    if (options.trace() != null) {
      BlockTrace trace = BlockTrace.read(options.trace());
      DiskModel disk = new DiskModel(1, "traced", "disk0", trace.capacityBytes());
      return new LoadPlan(
          List.of(new Host("host1", List.of(disk), new TraceWrites(trace, options.speed()))),
          trace.bytesWritten());
    }
    List<Host> hosts = new ArrayList<>();
    int disk = 0;
    for (int h = 1; h <= options.hosts(); h++) {
      List<DiskModel> disks = new ArrayList<>();
      for (int d = 0; d < options.disksPerHost(); d++) {
        disks.add(new DiskModel(++disk, "vm" + h, "disk" + d, options.diskBytes()));
      }
      hosts.add(
          new Host(
              "host" + h,
              disks,
              new RandomWrites(
                  options.seed() + h,
                  options.disksPerHost(),
                  options.diskBytes(),
                  options.writeSizesBytes(),
                  options.totalBytes() / options.hosts(),
                  options.bytesPerSecond() / options.hosts())));
    }
    return new LoadPlan(hosts, options.totalBytes());
  }

  List<DiskModel> models() {
    return hosts.stream().flatMap(h -> h.disks().stream()).toList();
  }
}
