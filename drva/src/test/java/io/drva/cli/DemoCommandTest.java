package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code drva demo}: its contract, its traces and its mistakes. */
class DemoCommandTest {
  private static final int SECTOR_BYTES = 512;

  @TempDir Path folder;

  @Test
  void printsTheKeysOfTheReadmeAndRefusesADomainThatExists() throws IOException {
    Path store = folder.resolve("store");
    JsonNode report = Cli.json(Trials.demo(store));
    assertEquals(
        List.of(
            "writes",
            "bytesWritten",
            "seconds",
            "throughputMBps",
            "iops",
            "ackLatencyMs",
            "replicatedRpoMs",
            "compressionRatio",
            "objects",
            "bytesStored",
            "recoverySeconds",
            "verified"),
        keys(report));
    for (String percentiles : List.of("ackLatencyMs", "replicatedRpoMs")) {
      assertEquals(List.of("p50", "p99", "p999"), keys(report.get(percentiles)), percentiles);
    }
    assertTrue(report.get("verified").asBoolean());
    assertTrue(report.get("bytesWritten").asLong() >= 8 << 20, report::toString);
    List<Path> chain = Trials.chain(store);
    assertEquals(chain.size(), report.get("objects").asLong());
    assertEquals(
        chain.stream().mapToLong(object -> object.toFile().length()).sum(),
        report.get("bytesStored").asLong());

    List<String> before = Trials.files(store);
    String refused = Cli.fail(1, Trials.demo(store));
    assertTrue(refused.contains(store.resolve("trial") + " holds a domain already"), refused);
    assertEquals(before, Trials.files(store));
  }

  private static List<String> keys(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  /**
   * Sectors 0 to 7, 6 to 7 again, and one at the end of the first MiB; the read is not replayed.
   */
  private static final String TRACE =
      """
      time_us,op,lba,bytes
      0,W,0,4096
      10,R,100,4096
      20,W,6,1024
      30,W,2047,512
      """;

  @Test
  void replaysATracePlainAndGzip() throws IOException {
    Path plain = Files.writeString(folder.resolve("trace.csv"), TRACE);
    Path gzip = folder.resolve("trace.csv.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
      out.write(TRACE.getBytes(StandardCharsets.UTF_8));
    }
    byte[] image = replay(plain, "--speed", "1000");
    assertEquals(1 << 20, image.length);
    for (int sector = 0; sector < image.length / SECTOR_BYTES; sector++) {
      assertEquals(sector < 8 || sector == 2047, isWritten(image, sector), "sector " + sector);
    }
    assertEquals(-1, Arrays.mismatch(image, replay(gzip)));
  }

  private byte[] replay(Path trace, String... more) throws IOException {
    Path store = folder.resolve("store-" + trace.getFileName());
    JsonNode report =
        Cli.json(
            Trials.on(
                store, "demo", Trials.with(List.of("--trace", trace.toString(), "--json"), more)));
    assertEquals(3, report.get("writes").asLong());
    assertEquals(4096 + 1024 + 512, report.get("bytesWritten").asLong());
    assertTrue(report.get("verified").asBoolean());
    Path images = folder.resolve("images-" + trace.getFileName());
    var _ = Cli.succeed(Trials.on(store, "recover", "--out", images.toString()));
    assertEquals(List.of("traced_disk0.raw"), Trials.files(images));
    return Files.readAllBytes(images.resolve("traced_disk0.raw"));
  }

  private static boolean isWritten(byte[] image, int sector) {
    for (int i = sector * SECTOR_BYTES; i < (sector + 1) * SECTOR_BYTES; i++) {
      if (image[i] != 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void namesFileAndLineOfABadTrace() throws IOException {
    Path trace =
        Files.writeString(
            folder.resolve("bad.csv"), "time_us,op,lba,bytes\n0,W,8,512\n5,W,eight,512\n");
    String refused = Cli.fail(2, "demo", "--trace", trace.toString(), "--json");
    assertTrue(refused.startsWith("drva: " + trace + ":3: lba must be a whole number"), refused);
  }

  @Test
  void namesATraceThatIsNotThere() {
    Path absent = folder.resolve("absent.csv");
    assertEquals(
        "drva: " + absent + ": no such file", Cli.fail(1, "demo", "--trace", absent.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--speed 2",
        "--trace x.csv --speed -1",
        "--hosts 0",
        "--hosts 65",
        "--disks 129",
        "--disk-size 1000",
        "--disk-size big",
        "--total 1",
        "--write-size 4KiB,100",
        "--seed one",
        "--domain Trial!",
        "--unknown",
      })
  void refusesWrongArgumentsWithAUsage(String arguments) {
    Cli run = Cli.run(("demo " + arguments).split(" ", -1));
    assertEquals(2, run.exitCode(), run::toString);
    assertEquals("", run.out());
    assertTrue(run.err().contains("Usage: drva demo"), run.err());
  }
}
