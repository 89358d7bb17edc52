package io.drva.cli;

import io.drva.blobsink.Container;
import io.drva.logstore.ByteCount;
import io.drva.recovery.Verification;
import io.drva.recovery.Verifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Reads every byte of every object of a domain and names each object that is damaged or missing.",
    footer = {
      "",
      "Example:",
      "  drva verify --store dir:/srv/dr --domain finance",
      "",
      "Exit code 0 only if nothing is wrong.",
    })
final class VerifyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ContainerOptions container;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws IOException, OperatorException {
    return container.with(this::verify);
  }

  private int verify(Container opened) throws IOException {
    Verification found;
    try (Progress progress = new Progress()) {
      progress.begin("verify", 1);
      found = Verifier.run(opened, progress::progressed);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Json.print(out, found);
    } else {
      print(opened, found, out);
    }
    return found.isSound() ? 0 : Main.FAILED;
  }

  private static void print(Container container, Verification found, PrintWriter out) {
    found.problems().forEach(problem -> out.println(problem));
    found.notes().forEach(note -> out.println("note: " + note));
    out.println(
        container.location()
            + ": "
            + Units.count(found.objects())
            + " objects, "
            + ByteCount.text(found.bytes())
            + " read, chain intact up to LSN "
            + found.lastLsn()
            + ": "
            + (found.isSound()
                ? "sound"
                : found.problems().size()
                    + (found.problems().size() == 1 ? " PROBLEM" : " PROBLEMS")));
    out.flush();
  }
}
