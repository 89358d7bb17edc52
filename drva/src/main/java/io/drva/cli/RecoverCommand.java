package io.drva.cli;

import io.drva.blobsink.Container;
import io.drva.logstore.ByteCount;
import io.drva.recovery.Recovery;
import io.drva.recovery.RecoveryPlan;
import io.drva.recovery.RecoveryTarget;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "recover",
    mixinStandardHelpOptions = true,
    description = "Recovers disks into raw, sparse images, from the container alone.",
    footer = {
      "",
      "Examples:",
      "  drva recover --store dir:/srv/dr --domain finance --out /restore --dry-run",
      "  drva recover --store dir:/srv/dr --domain finance --out /restore --at 2026-11-22T14:03:22Z",
      "  drva recover --store dir:/srv/dr --domain finance --out /restore --at lsn:48211 --disk vm1/disk0",
    })
final class RecoverCommand implements Callable<Integer> {
  private static final String LSN = "lsn:";

  @Spec private CommandSpec spec;
  @Mixin private ContainerOptions container;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "Where the images VM_DISK.raw go.")
  private Path out;

  @Option(
      names = "--at",
      paramLabel = "POINT",
      description =
          "lsn:N, or a time such as 2026-11-22T14:03:22Z: all that was written up to then (default: the newest).")
  private String at;

  @Option(names = "--disk", paramLabel = "VM/DISK", description = "Only this disk.")
  private String disk;

  @Option(names = "--dry-run", description = "Only tell what would be read and written.")
  private boolean dryRun;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  /** What {@code --json} prints: a contract. */
  private record Report(
      long lsn,
      String time,
      List<RecoveryPlan.Disk> disks,
      long storedBytes,
      long writtenBytes,
      long requests,
      List<String> warnings,
      boolean dryRun,
      List<String> images) {}

  @Override
  public Integer call() throws IOException, OperatorException {
    RecoveryTarget target = target();
    return container.with(opened -> recover(opened, target));
  }

  private int recover(Container from, RecoveryTarget target) throws IOException {
    RecoveryPlan plan = RecoveryPlan.make(from, target, Optional.ofNullable(disk));
    List<Path> images = List.of();
    if (!dryRun) {
      try (Progress progress = new Progress()) {
        progress.begin("recover", plan.storedBytes());
        images = Recovery.run(plan, out, (done, total) -> progress.progressed(done));
      }
    }
    PrintWriter printer = spec.commandLine().getOut();
    if (json) {
      Json.print(
          printer,
          new Report(
              plan.lsn(),
              Times.of(plan.timeMicros()),
              plan.disks(),
              plan.storedBytes(),
              plan.writtenBytes(),
              plan.requests(),
              plan.warnings(),
              dryRun,
              images.stream().map(Path::toString).toList()));
    } else {
      print(plan, printer);
    }
    return 0;
  }

  private void print(RecoveryPlan plan, PrintWriter printer) {
    printer.println(
        (dryRun ? "would recover" : "recovered")
            + " LSN "
            + Units.count(plan.lsn())
            + ", written "
            + Times.of(plan.timeMicros()));
    Table table = new Table().row("IMAGE", "CAPACITY", "READ", "WRITTEN", "REQUESTS");
    for (RecoveryPlan.Disk d : plan.disks()) {
      table.row(
          out.resolve(d.imageName()).toString(),
          ByteCount.text(d.capacityBytes()),
          ByteCount.text(d.storedBytes()),
          ByteCount.text(d.writtenBytes()),
          Units.count(d.requests()));
    }
    table.print(printer);
    plan.warnings().forEach(warning -> printer.println("warning: " + warning));
    printer.flush();
  }

  private RecoveryTarget target() throws OperatorException {
    if (at == null) {
      return new RecoveryTarget.Latest();
    }
    try {
      if (at.startsWith(LSN)) {
        long lsn = Long.parseLong(at.substring(LSN.length()));
        if (lsn > 0) {
          return new RecoveryTarget.AtLsn(lsn);
        }
      } else {
        return new RecoveryTarget.AtTime(
            ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(at)));
      }
    } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
      // Told below, like a number out of range.
    }
    throw new OperatorException(
        Main.USAGE,
        "--at: expected lsn:N or a time such as 2026-11-22T14:03:22Z, found '" + at + "'");
  }
}
