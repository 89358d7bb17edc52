package io.drva.demo;

import io.drva.appliance.Platform;
import io.drva.blobsink.Container;
import io.drva.recovery.Recovery;
import io.drva.recovery.RecoveryPlan;
import io.drva.recovery.RecoveryTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Recovers every disk of a container at its newest point and compares each byte with its model. */
final class ImageCheck {
  private final Container container;
  private final Path folder;
  private final List<DiskModel> models;
  private final Platform platform;
  private final Phases phases;
  private final List<String> differences = new ArrayList<>();
  private double recoverySeconds;

  /**
   * @param folder where the images go; they stay there
   */
  ImageCheck(
      Container container, Path folder, List<DiskModel> models, Platform platform, Phases phases) {
    this.container = container;
    this.folder = folder;
    this.models = models;
    this.platform = platform;
    this.phases = phases;
  }

  void run() throws IOException {
    long start = platform.nanos().getAsLong();
    RecoveryPlan plan = RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
    phases.begin("recover", plan.storedBytes());
    Recovery.run(plan, folder, (done, total) -> phases.progressed(done));
    recoverySeconds = (platform.nanos().getAsLong() - start) / 1e9;
    phases.begin("compare", models.stream().mapToLong(DiskModel::capacityBytes).sum());
    if (plan.disks().size() != models.size()) {
      differences.add(
          plan.disks().size() + " disks were recovered, " + models.size() + " were written");
    }
    long compared = 0;
    for (DiskModel model : models) {
      compare(model, plan);
      compared += model.capacityBytes();
      phases.progressed(compared);
    }
  }

  private void compare(DiskModel model, RecoveryPlan plan) throws IOException {
    String name = model.vm() + "/" + model.name();
    for (RecoveryPlan.Disk disk : plan.disks()) {
      if (disk.vm().equals(model.vm()) && disk.disk().equals(model.name())) {
        long at = model.firstDifference(folder.resolve(disk.imageName()));
        if (at >= 0) {
          differences.add(name + " differs at byte " + at);
        }
        return;
      }
    }
    differences.add(name + " was not recovered");
  }

  double recoverySeconds() {
    return recoverySeconds;
  }

  /** What is not equal; empty when all is. */
  List<String> differences() {
    return List.copyOf(differences);
  }
}
