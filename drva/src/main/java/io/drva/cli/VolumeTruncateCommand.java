package io.drva.cli;

import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeCheck;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "truncate",
    mixinStandardHelpOptions = true,
    description = {
      "Ends a damaged log before the damage, so that its domain can go on.",
      "Says what is lost; does it only with --yes.",
    },
    footer = {
      "",
      "Examples:",
      "  drva volume truncate --path /var/lib/drva/log --domain finance         # what would be lost",
      "  drva volume truncate --path /var/lib/drva/log --domain finance --yes",
      "",
      "A host whose acknowledged writes are lost is refused when it comes back with the same",
      "incarnation, and must resynchronize its disks under a new one.",
    })
final class VolumeTruncateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private VolumeCommand.PathOption volume;

  @Option(names = "--domain", required = true, paramLabel = "NAME", description = "The domain.")
  private String domain;

  @Option(names = "--yes", description = "Do it: what is lost is lost for good.")
  private boolean yes;

  @Override
  public Integer call() throws IOException, OperatorException {
    VolumeReport report = VolumeReport.of(VolumeCheck.check(volume.path, _ -> {})).only(domain);
    if (report.logs().getFirst().content().damage() == null) {
      throw new OperatorException(
          Main.USAGE, "the log of domain '" + domain + "' is not damaged; nothing was done");
    }
    PrintWriter out = spec.commandLine().getOut();
    report.print(out);
    if (!yes) {
      out.println("nothing was done; do it with --yes");
      out.flush();
      return Main.FAILED;
    }
    long lastLsn = LogVolume.truncate(volume.path, domain);
    out.println("domain " + domain + ": the log ends with LSN " + lastLsn + " now");
    out.flush();
    return 0;
  }
}
