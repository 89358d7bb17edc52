package io.drva.cli;

import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a log store volume and writes all its files, so that it owns its space from then on.",
      "Use a file system of its own on a fast local disk, ext4 or XFS.",
    },
    footer = {
      "",
      "Example:",
      "  drva volume create --path /var/lib/drva/log --size 64GiB",
    })
final class VolumeCreateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private VolumeCommand.PathOption volume;

  @Option(
      names = "--size",
      required = true,
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "What the volume takes of its file system, all in all: 4 to 16384 log files; what does not fill one is left.")
  private long size;

  @Option(
      names = "--cycle",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      defaultValue = "64MiB",
      description =
          "Size of one log file, 4MiB to 1GiB (default: ${DEFAULT-VALUE}). A domain has at least two.")
  private long cycle;

  @Override
  public Integer call() throws IOException, OperatorException {
    VolumeSize wanted;
    try {
      wanted = new VolumeSize(size, Math.toIntExact(cycle));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OperatorException(Main.USAGE, e.getMessage() + " (--size, --cycle)");
    }
    try (Progress progress = new Progress()) {
      progress.begin("create", wanted.sizeBytes());
      LogVolume.create(volume.path, wanted, progress::advanced);
    }
    spec.commandLine().getOut().println(volume.path + ": created, " + VolumeCommand.made(wanted));
    return 0;
  }
}
