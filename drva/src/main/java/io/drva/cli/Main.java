package io.drva.cli;

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
      "  drva serve --config /etc/drva/drva.yaml",
      "  drva points --store dir:/srv/dr --domain finance",
      "  drva recover --store azure:https://acct.blob.core.windows.net --domain finance --out /restore",
    })
public final class Main {
  static final int FAILED = 1;
  static final int USAGE = 2;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(new ErrorReport());
  }
}
