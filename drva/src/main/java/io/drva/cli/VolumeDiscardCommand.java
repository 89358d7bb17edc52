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
    name = "discard",
    mixinStandardHelpOptions = true,
    description = {
      "Removes a domain's log from a volume, with everything that is not in the object store yet.",
      "Says what the log holds; does it only with --yes.",
      "To unassign a domain without losing anything: DELETE /v1/domains/NAME.",
    },
    footer = {
      "",
      "Examples:",
      "  drva volume discard --path /var/lib/drva/log --domain finance         # what it holds",
      "  drva volume discard --path /var/lib/drva/log --domain finance --yes",
      "",
      "The domain can be taken up again where its chain ends: POST /v1/domains/NAME/takeover.",
    })
final class VolumeDiscardCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private VolumeCommand.PathOption volume;

  @Option(names = "--domain", required = true, paramLabel = "NAME", description = "The domain.")
  private String domain;

  @Option(names = "--yes", description = "Do it: what is not in the object store is lost for good.")
  private boolean yes;

  @Override
  public Integer call() throws IOException, OperatorException {
    PrintWriter out = spec.commandLine().getOut();
    VolumeReport.of(VolumeCheck.check(volume.path, _ -> {})).only(domain).print(out);
    if (!yes) {
      out.println(
          "nothing was done; with --yes this log is removed, and what of it is not in the object store is lost");
      out.flush();
      return Main.FAILED;
    }
    LogVolume.discard(volume.path, domain);
    out.println("domain " + domain + ": its log is gone");
    out.flush();
    return 0;
  }
}
