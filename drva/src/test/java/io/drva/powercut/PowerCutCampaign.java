package io.drva.powercut;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drva.blobsink.Seeds;
import io.drva.demo.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real power cuts: the distribution in a virtual machine, on a disk that loses what was not
 * flushed. Not part of the usual build; CONTRIBUTING.md says how to run it.
 *
 * <p>A seed decides the load, when the power goes, and what becomes of sectors that were not
 * flushed. Real time goes its own way, so the same seed gives the same kind of cuts, not the same
 * bytes on the disk: what a failed run has left is kept.
 */
class PowerCutCampaign {
  private static final Path FOLDER = Path.of("target", "power-cut").toAbsolutePath();
  private static final Path DISTRIBUTION = Path.of("target", "drva").toAbsolutePath();
  private static final int CUTS = Integer.getInteger("drva.cuts", 20);
  private static final String FILE_SYSTEM = System.getProperty("drva.powercut.fs", "ext4");
  private static final long CHECK_SECONDS_MAX = 180;

  private static Path image;
  private static String accelerator;

  @BeforeAll
  static void prepare() throws Exception {
    image = build(DISTRIBUTION, FOLDER.resolve("image"));
    accelerator = Machine.accelerator(image, image);
    checkThatTheDiskLosesWhatWasNotFlushed();
    System.out.printf(
        "machine under %s, %s; its disk loses what was not flushed%n", accelerator, FILE_SYSTEM);
  }

  private static Path build(Path distribution, Path folder)
      throws IOException, InterruptedException {
    run(
        Path.of("src", "test", "powercut", "build-image.sh").toString(),
        distribution.toString(),
        folder.toString(),
        FOLDER.resolve("kernels").toString());
    return folder;
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = process.inputReader(UTF_8).readAllAsString();
    assertEquals(0, process.waitFor(), said);
  }

  /** Without this, a campaign in which nothing is lost says nothing. */
  private static void checkThatTheDiskLosesWhatWasNotFlushed() throws Exception {
    Path folder = newFolder("disk");
    try (VolatileDisk disk = VolatileDisk.format(folder.resolve("volume.img"), FILE_SYSTEM)) {
      disk.powerOn();
      try (NbdServer server = NbdServer.start(disk);
          Machine machine = boot(server, "write", folder)) {
        saw(machine, "machine: written");
        disk.powerOff();
      }
      var _ = disk.lose(new SplittableRandom(0), 0);
      disk.powerOn();
      try (NbdServer server = NbdServer.start(disk);
          Machine machine = boot(server, "read", folder)) {
        var forced = machine.line("machine: forced");
        var direct = machine.line("machine: direct");
        var cached = machine.line("machine: cached");
        saw(machine, "machine: read");
        assertEquals("machine: forced kept", forced.getNow(""));
        assertEquals("machine: direct lost", direct.getNow(""));
        assertEquals("machine: cached lost", cached.getNow(""));
      }
    }
    delete(folder);
  }

  private static Machine boot(NbdServer disk, String mode, Path folder) throws IOException {
    return Machine.boot(
        image,
        accelerator,
        disk,
        0,
        Map.of("MODE", mode, "FILE_SYSTEM", FILE_SYSTEM),
        folder.resolve(mode + ".log"));
  }

  private static void saw(Machine machine, String line)
      throws ExecutionException, InterruptedException, TimeoutException {
    assertEquals(line, machine.line(line).get(CHECK_SECONDS_MAX, TimeUnit.SECONDS));
  }

  @Test
  void losesAndInventsNothing() throws Exception {
    long seed = Seeds.next("PowerCutCampaign");
    keepingWhatFails("campaign-" + seed, folder -> cutThePower(image, folder, seed));
  }

  @ParameterizedTest
  @EnumSource
  void catches(Fault fault) throws Exception {
    long seed = Seeds.next("PowerCutCampaign, " + fault);
    keepingWhatFails(
        fault + "-" + seed,
        folder -> {
          Path distribution = folder.resolve("drva");
          run("cp", "-a", DISTRIBUTION.toString(), distribution.toString());
          fault.putInto(distribution);
          Path faulty = build(distribution, folder.resolve("image"));
          BrokenPromiseException caught =
              assertThrows(BrokenPromiseException.class, () -> cutThePower(faulty, folder, seed));
          System.out.println(fault + " was caught " + caught.getMessage());
        });
  }

  private static void cutThePower(Path machine, Path folder, long seed) throws Exception {
    try (Campaign campaign = new Campaign(machine, accelerator, folder, FILE_SYSTEM, seed)) {
      campaign.run(CUTS);
    }
  }

  private interface InFolder {
    void run(Path folder) throws Exception;
  }

  private static void keepingWhatFails(String name, InFolder test) throws Exception {
    Path folder = newFolder(name);
    boolean passed = false;
    try {
      test.run(folder);
      passed = true;
    } finally {
      if (!passed) {
        System.out.println("what the run has left is in " + folder);
      }
    }
    delete(folder);
  }

  private static Path newFolder(String name) throws IOException {
    Path folder = FOLDER.resolve(name);
    delete(folder);
    return Files.createDirectories(folder);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      FileTree.delete(folder);
    }
  }
}
