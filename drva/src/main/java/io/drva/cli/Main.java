package io.drva.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the {@code drva} command. */
@Command(
    name = "drva",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description =
        "Disaster recovery for virtual disks: every write, durable, in your own object store.",
    subcommands = {
      ServeCommand.class,
      VolumeCommand.class,
      DemoCommand.class,
      RecoverCommand.class,
      VerifyCommand.class,
      PointsCommand.class,
    },
    footer = {
      "",
      "Exit codes: 0 success; 1 the operation failed or found damage; 2 wrong arguments or configuration.",
      "",
      "Examples:",
      "  drva demo",
      "  drva volume create --path /var/lib/drva/log --size 64GiB",
      "  drva serve --config /etc/drva/drva.yaml",
      "  drva points --store dir:/srv/dr --domain finance",
      "  drva recover --store azure:https://acct.blob.core.windows.net --domain finance --out /restore",
    })
public final class Main {
  static final int FAILED = 1;
  static final int USAGE = 2;

  private Main() {}

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, false, System.out.charset());
    CommandLine commandLine = commandLine().setOut(out);
    int code = commandLine.execute(args);
    if (out.checkError()) {
      // A script that kept an incomplete answer must not take it for a good one.
      commandLine.getErr().println("drva: the output could not be written");
      commandLine.getErr().flush();
      code = FAILED;
    }
    System.exit(code);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(new ErrorReport());
  }
}
