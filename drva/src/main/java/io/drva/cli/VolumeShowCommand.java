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
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Shows the size of a volume and which domain has how much of it.",
    footer = {
      "",
      "Example:",
      "  drva volume show --path /var/lib/drva/log",
      "",
      "Reads no log and changes nothing; an appliance may have the volume open.",
    })
final class VolumeShowCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private VolumeCommand.PathOption volume;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    VolumeReport report = VolumeReport.of(VolumeCheck.show(volume.path));
    if (json) {
      Json.print(spec.commandLine().getOut(), report);
    } else {
      report.print(spec.commandLine().getOut());
    }
    return report.sound() ? 0 : Main.FAILED;
  }
}
