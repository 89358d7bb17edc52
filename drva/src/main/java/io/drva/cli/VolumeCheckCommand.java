package io.drva.cli;

import io.drva.logstore.VolumeCheck;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description =
        "Reads every record of every log on a volume, and says where one is damaged and what is lost.",
    footer = {
      "",
      "Example:",
      "  drva volume check --path /var/lib/drva/log",
      "",
      "Changes nothing. No appliance may have the volume open. Exit code 0 only if nothing is wrong.",
    })
final class VolumeCheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private VolumeCommand.PathOption volume;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    VolumeReport report;
    VolumeCheck shown = VolumeCheck.show(volume.path);
    try (Progress progress = new Progress()) {
      int cycles = shown.logs().stream().mapToInt(VolumeCheck.Log::cycles).sum();
      progress.begin("check", (long) cycles * shown.size().cycleBytes());
      report = VolumeReport.of(VolumeCheck.check(volume.path, progress::advanced));
    }
    if (json) {
      Json.print(spec.commandLine().getOut(), report);
    } else {
      report.print(spec.commandLine().getOut());
    }
    return report.sound() ? 0 : Main.FAILED;
  }
}
