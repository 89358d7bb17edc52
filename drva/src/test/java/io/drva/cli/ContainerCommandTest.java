package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code points}, {@code verify} and {@code recover} on a sound container: what they print, write
 * and refuse.
 */
class ContainerCommandTest {
  @TempDir static Path trials;
  private static Path store;

  @TempDir Path folder;

  @BeforeAll
  static void makeChain() {
    store = trials.resolve("store");
    Trials.makeChain(store);
  }

  private static String[] on(String command, String... more) {
    return Trials.on(store, command, more);
  }

  private String[] recoverTo(String out, String... more) {
    return on("recover", Trials.with(List.of("--out", folder.resolve(out).toString()), more));
  }

  private static JsonNode points() throws IOException {
    return Cli.json(on("points", "--json"));
  }

  @Test
  void pointsTellsWhatCanBeRecovered() throws IOException {
    JsonNode points = points();
    assertEquals(1, points.get("firstLsn").asLong());
    assertEquals(6, points.get("disks").size());
    assertEquals(1, points.get("terms").size());
    assertTrue(points.get("gap").isNull());
    long storedBytes = 0;
    for (Path object : Trials.chain(store)) {
      storedBytes += Files.size(object);
    }
    assertEquals(storedBytes, points.get("bytesStored").asLong());
    String table = Cli.succeed(on("points"));
    assertTrue(table.contains("every LSN from 1 to " + points.get("lastLsn").asLong()), table);
    assertTrue(table.contains(points.get("firstTime").asText()), table);
    assertTrue(table.contains(points.get("lastTime").asText()), table);
  }

  @Test
  void verifyFindsASoundContainerSound() throws IOException {
    String said = Cli.succeed(on("verify"));
    assertTrue(said.contains("up to LSN " + points().get("lastLsn").asLong() + ": sound"), said);
    JsonNode found = Cli.json(on("verify", "--json"));
    assertTrue(found.get("problems").isEmpty(), found::toString);
    assertEquals(Trials.chain(store).size(), found.get("chainObjects").asLong());
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    String said = Cli.succeed(recoverTo("images", "--dry-run"));
    assertTrue(said.startsWith("would recover LSN"), said);
    JsonNode report = Cli.json(recoverTo("images", "--dry-run", "--json"));
    assertTrue(report.get("dryRun").asBoolean());
    assertTrue(report.get("images").isEmpty(), report::toString);
    assertTrue(Files.notExists(folder.resolve("images")));
  }

  @Test
  void recoverWritesImagesAndNeverOverTheirLike() throws IOException {
    JsonNode report = Cli.json(recoverTo("images", "--json"));
    Path images = folder.resolve("images");
    assertEquals(Trials.IMAGES, Trials.files(images));
    assertEquals(6, report.get("images").size());
    assertEquals(points().get("lastLsn").asLong(), report.get("lsn").asLong());
    byte[] first = Files.readAllBytes(images.resolve(Trials.IMAGES.getFirst()));
    assertEquals(Trials.DISK_BYTES, first.length);

    String refused = Cli.fail(1, recoverTo("images", "--at", "lsn:50"));
    assertTrue(
        Trials.IMAGES.stream()
            .anyMatch(image -> refused.contains(images.resolve(image) + " exists")),
        refused);
    assertEquals(Trials.IMAGES, Trials.files(images));
    assertEquals(
        -1, Arrays.mismatch(first, Files.readAllBytes(images.resolve(Trials.IMAGES.getFirst()))));
  }

  @Test
  void recoversOneDisk() throws IOException {
    String said = Cli.succeed(recoverTo("one", "--disk", "vm2/disk1"));
    assertTrue(said.startsWith("recovered LSN"), said);
    assertEquals(List.of("vm2_disk1.raw"), Trials.files(folder.resolve("one")));
    String refused = Cli.fail(1, recoverTo("none", "--disk", "vm3/disk1"));
    assertTrue(refused.contains("there is no disk vm3/disk1"), refused);
    assertEquals(List.of(), Trials.files(folder.resolve("none")));
  }

  @Test
  void recoversAtAPosition() throws IOException {
    long lastLsn = points().get("lastLsn").asLong();
    var _ = Cli.succeed(recoverTo("newest"));
    assertEquals(
        lastLsn,
        Cli.json(recoverTo("last", "--at", "lsn:" + lastLsn, "--json")).get("lsn").asLong());
    assertEquals(List.of(), imagesThatDiffer("newest", "last"));
    assertEquals(
        lastLsn / 2,
        Cli.json(recoverTo("half", "--at", "lsn:" + lastLsn / 2, "--json")).get("lsn").asLong());
    assertEquals(Trials.IMAGES, Trials.files(folder.resolve("half")));
    assertEquals(Trials.IMAGES, imagesThatDiffer("newest", "half"));
  }

  @Test
  void recoversAtATime() throws IOException {
    JsonNode points = points();
    String lastTime = points.get("lastTime").asText();
    JsonNode last = Cli.json(recoverTo("at-last", "--at", lastTime, "--json"));
    assertEquals(points.get("lastLsn").asLong(), last.get("lsn").asLong());
    assertEquals(lastTime, last.get("time").asText());

    // The time of a position recovers that position, or a later one of the same microsecond.
    String position = "lsn:" + points.get("lastLsn").asLong() / 2;
    JsonNode half = Cli.json(recoverTo("half", "--at", position, "--dry-run", "--json"));
    JsonNode at =
        Cli.json(recoverTo("at-half", "--at", half.get("time").asText(), "--dry-run", "--json"));
    assertEquals(half.get("time"), at.get("time"));
    assertTrue(at.get("lsn").asLong() >= half.get("lsn").asLong(), at::toString);
    assertTrue(at.get("lsn").asLong() < last.get("lsn").asLong(), at::toString);
  }

  private List<String> imagesThatDiffer(String one, String other) throws IOException {
    List<String> different = new ArrayList<>();
    for (String image : Trials.IMAGES) {
      if (Files.mismatch(folder.resolve(one).resolve(image), folder.resolve(other).resolve(image))
          != -1) {
        different.add(image);
      }
    }
    return different;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lsn:",
        "lsn:0",
        "lsn:-1",
        "lsn:x",
        "lsn:99999999999999999999",
        "48211",
        "yesterday",
        "2026-11-22",
        "2026-11-22T14:03:22",
        "2026-13-22T14:03:22Z",
        "+999999999-01-01T00:00:00Z",
        "",
      })
  void refusesWhatIsNoPosition(String at) {
    String refused = Cli.fail(2, recoverTo("images", "--at", at));
    assertTrue(
        refused.contains("--at: expected lsn:N or a time such as")
            && refused.endsWith("'" + at + "'"),
        refused);
    assertTrue(Files.notExists(folder.resolve("images")));
  }

  @Test
  void refusesAPositionThatTheChainDoesNotHave() throws IOException {
    long lastLsn = points().get("lastLsn").asLong();
    String beyond = Cli.fail(1, recoverTo("images", "--at", "lsn:" + (lastLsn + 1)));
    assertTrue(
        beyond.contains("there is no LSN " + (lastLsn + 1) + "; the chain has 1 to " + lastLsn),
        beyond);
    String firstTime = points().get("firstTime").asText();
    String before = Cli.fail(1, recoverTo("images", "--at", "1999-01-01T00:00:00Z"));
    assertTrue(
        before.endsWith(
            "there is no record at or before 1999-01-01T00:00:00Z; the first is of " + firstTime),
        before);
    var _ = Cli.succeed(recoverTo("images", "--at", firstTime, "--dry-run"));
    assertEquals(List.of(), Trials.files(folder));
  }

  /** The words of a command line, with IMAGES for a folder that does not exist. */
  private String[] words(String line) {
    return line.replace("IMAGES", folder.resolve("images").toString()).split(" ", -1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "points",
        "points --json",
        "verify",
        "verify --json",
        "recover --out IMAGES",
        "recover --out IMAGES --dry-run"
      })
  void refusesAnUnknownDomainOrStoreAndMakesNone(String command) {
    for (Path unknown :
        List.of(store.resolve("payroll"), folder.resolve("misspelt").resolve("payroll"))) {
      String refused =
          Cli.fail(1, words(command + " --domain payroll --store dir:" + unknown.getParent()));
      assertTrue(
          refused.contains("dir:" + unknown + ": the container does not exist; check"), refused);
      assertTrue(Files.notExists(unknown));
    }
    assertTrue(
        Files.notExists(folder.resolve("images")) && Files.notExists(folder.resolve("misspelt")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"points", "verify", "recover --out IMAGES", "demo"})
  void refusesWhatIsNoStore(String command) {
    for (String address : List.of("bogus", "dir:", "azure:", "azure:nonsense", "s3://bucket")) {
      String refused = Cli.fail(2, words(command + " --domain trial --store " + address));
      assertTrue(refused.startsWith("drva: --store: "), refused);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"points", "verify", "recover --out IMAGES"})
  void refusesWhatIsNoDomainName(String command) {
    String refused = Cli.fail(2, words(command + " --domain Trial! --store dir:" + store));
    assertTrue(refused.startsWith("drva: --domain: 'Trial!' must be"), refused);
  }
}
