package io.drva.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.appliance.ApplianceConfig;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeCheck;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "grow",
    mixinStandardHelpOptions = true,
    description = {
      "Has a volume grow: that of a running appliance, while it works, or one that no appliance has open.",
      "With its present size: writes files in the place of missing ones.",
    },
    footer = {
      "",
      "Examples:",
      "  drva volume grow --size 128GiB                              # of the appliance on this machine",
      "  drva volume grow --size 128GiB --control 127.0.0.1:9441",
      "  drva volume grow --size 128GiB --path /var/lib/drva/log     # while no appliance has it open",
    })
final class VolumeGrowCommand implements Callable<Integer> {
  private static final int POLL_MS = 200;

  @Spec private CommandSpec spec;

  @Option(
      names = "--size",
      required = true,
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description = "The size that it shall have.")
  private long size;

  @ArgGroup private Which which = new Which();

  private static final class Which {
    @Option(
        names = "--path",
        paramLabel = "DIR",
        description = "Directory of a volume that no appliance has open.")
    private Path path;

    @Option(
        names = "--control",
        paramLabel = "HOST:PORT",
        description = "Control API of the appliance (default: ${DEFAULT-VALUE}).",
        defaultValue = "127.0.0.1:" + ApplianceConfig.CONTROL_PORT)
    private String control;
  }

  @Override
  public Integer call() throws IOException, OperatorException, InterruptedException {
    int cycleBytes;
    try (Progress progress = new Progress()) {
      cycleBytes = which.path == null ? growOnline(progress) : growOffline(progress);
    }
    spec.commandLine()
        .getOut()
        .println("the volume has " + VolumeCommand.made(new VolumeSize(size, cycleBytes)));
    return 0;
  }

  /** Returns the size of the volume's log files. */
  private int growOffline(Progress progress) throws IOException, OperatorException {
    VolumeSize present = VolumeCheck.show(which.path).size();
    progress.begin("grow", size - present.sizeBytes());
    try {
      LogVolume.grow(which.path, size, progress::advanced);
    } catch (IllegalArgumentException e) {
      throw new OperatorException(Main.USAGE, e.getMessage());
    }
    return present.cycleBytes();
  }

  private int growOnline(Progress progress)
      throws IOException, OperatorException, InterruptedException {
    try (ControlClient client = new ControlClient(which.control)) {
      JsonNode volume = client.get("/v1/volume");
      long startBytes = volume.path("sizeBytes").asLong();
      progress.begin("grow", size - startBytes);
      volume = client.put("/v1/volume", Map.of("sizeBytes", size));
      while (volume.hasNonNull("growingToBytes")) {
        progress.progressed(volume.path("sizeBytes").asLong() - startBytes);
        TimeUnit.MILLISECONDS.sleep(POLL_MS);
        volume = client.get("/v1/volume");
      }
      if (volume.hasNonNull("growthFailure")) {
        throw new OperatorException(Main.FAILED, volume.path("growthFailure").asText());
      }
      return volume.path("cycleBytes").asInt();
    }
  }
}
