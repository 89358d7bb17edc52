package io.drva.cli;

import io.drva.blobsink.ChainGap;
import io.drva.blobsink.Container;
import io.drva.blobsink.DiskInfo;
import io.drva.logstore.ByteCount;
import io.drva.recovery.RecoveryPoints;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "points",
    mixinStandardHelpOptions = true,
    description = "Tells what a domain can be recovered to, from the container alone.",
    footer = {"", "Example:", "  drva points --store dir:/srv/dr --domain finance"})
final class PointsCommand implements Callable<Integer> {
  private static final String CLASS = "crash-consistent per host";

  @Spec private CommandSpec spec;
  @Mixin private ContainerOptions container;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  /** What {@code --json} prints: a contract. */
  private record Report(
      long firstLsn,
      long lastLsn,
      String firstTime,
      String lastTime,
      String consistency,
      long segments,
      long bytesStored,
      long bytesRaw,
      List<RecoveryPoints.Term> terms,
      List<DiskInfo> disks,
      List<RecoveryPoints.Baseline> baselines,
      ChainGap gap) {}

  @Override
  public Integer call() throws IOException, OperatorException {
    return container.with(this::points);
  }

  private int points(Container from) throws IOException {
    RecoveryPoints points = RecoveryPoints.read(from);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Json.print(
          out,
          new Report(
              points.firstLsn(),
              points.lastLsn(),
              Times.of(points.firstTimeMicros()),
              Times.of(points.lastTimeMicros()),
              CLASS,
              points.segments(),
              points.storedBytes(),
              points.rawBytes(),
              points.terms(),
              points.disks(),
              points.baselines(),
              points.gap().orElse(null)));
    } else {
      print(points, out);
    }
    return 0;
  }

  private static void print(RecoveryPoints points, PrintWriter out) {
    if (points.lastLsn() == 0) {
      out.println("nothing to recover yet: the chain holds no records");
    } else {
      new Table()
          .row(
              "points",
              "every LSN from " + points.firstLsn() + " to " + points.lastLsn() + ", " + CLASS)
          .row("oldest", Times.of(points.firstTimeMicros()))
          .row("newest", Times.of(points.lastTimeMicros()))
          .row(
              "segments",
              Units.count(points.segments()) + " in " + points.terms().size() + " terms")
          .row(
              "stored",
              ByteCount.text(points.storedBytes())
                  + " for "
                  + ByteCount.text(points.rawBytes())
                  + (points.storedBytes() == 0
                      ? ""
                      : String.format(
                          Locale.ROOT,
                          " (%.2f : 1)",
                          (double) points.rawBytes() / points.storedBytes())))
          .print(out);
      out.println();
      Table table = new Table().row("VM", "DISK", "CAPACITY", "SECTOR", "BASELINE");
      for (DiskInfo disk : points.disks()) {
        table.row(
            disk.vm(),
            disk.disk(),
            ByteCount.text(disk.capacityBytes()),
            ByteCount.text(disk.sectorBytes()),
            disk.baseline().name().toLowerCase(Locale.ROOT).replace('_', ' '));
      }
      table.print(out);
    }
    for (RecoveryPoints.Baseline baseline : points.baselines()) {
      out.println(
          "not a recovery point of "
              + baseline.vm()
              + "/"
              + baseline.disk()
              + " (its baseline was running): LSN "
              + baseline.firstLsn()
              + " to "
              + (baseline.endLsn() == 0 ? "the end" : baseline.endLsn() - 1));
    }
    points.gap().ifPresent(gap -> out.println("warning: " + gap.missing() + ": " + gap.describe()));
    out.flush();
  }
}
