package io.drva.cli;

import io.drva.logstore.ByteCount;
import io.drva.logstore.VolumeSize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "volume",
    mixinStandardHelpOptions = true,
    description = "Creates, shows, enlarges, checks and mends a log store volume.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      VolumeCreateCommand.class,
      VolumeShowCommand.class,
      VolumeCheckCommand.class,
      VolumeGrowCommand.class,
      VolumeTruncateCommand.class,
      VolumeDiscardCommand.class,
    },
    footer = {
      "",
      "Examples:",
      "  drva volume create --path /var/lib/drva/log --size 64GiB",
      "  drva volume show --path /var/lib/drva/log",
      "  drva volume grow --size 128GiB                              # while the appliance runs",
      "  drva volume check --path /var/lib/drva/log                  # while it does not",
    })
final class VolumeCommand {

  private VolumeCommand() {}

  /** What became of the size that was asked for. */
  static String made(VolumeSize wanted) {
    String made =
        "%s in %d log files of %s"
            .formatted(
                ByteCount.text(wanted.usedBytes()),
                wanted.cycles(),
                ByteCount.text(wanted.cycleBytes()));
    long restBytes = wanted.sizeBytes() - wanted.usedBytes();
    return restBytes == 0
        ? made
        : made
            + " (%s of the %s asked for do not fill another)"
                .formatted(ByteCount.text(restBytes), ByteCount.text(wanted.sizeBytes()));
  }

  /** The option that all of its commands have. */
  static final class PathOption {
    @Option(
        names = "--path",
        required = true,
        paramLabel = "DIR",
        description = "Directory of the volume.")
    java.nio.file.Path path;
  }
}
