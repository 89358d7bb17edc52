package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariant 9 as the operator sees it: a damaged object is named, and no image is left. */
class DamagedContainerCommandTest {
  private static final int HEADER_BYTES = 256;

  @TempDir static Path trials;
  private static Path sound;

  @TempDir Path folder;
  private Path store;
  private Path images;

  @BeforeAll
  static void makeChain() {
    sound = trials.resolve("store");
    Trials.makeChain(sound);
  }

  private List<Path> copy() throws IOException {
    store = Trials.copy(sound, folder.resolve("store"));
    images = folder.resolve("images");
    return Trials.chain(store);
  }

  /** Neither the first object nor the last: a segment with segments behind it. */
  private Path middle() throws IOException {
    List<Path> chain = copy();
    assertTrue(chain.size() >= 4, () -> "the chain is too short for this test: " + chain);
    return chain.get(chain.size() / 2);
  }

  private static String name(Path object) {
    return "chain/" + object.getFileName();
  }

  private static void flip(Path object, int at) throws IOException {
    byte[] bytes = Files.readAllBytes(object);
    bytes[at] ^= 1;
    Files.write(object, bytes);
  }

  private void assertVerifyNames(String object) throws IOException {
    Cli run = Cli.run(Trials.on(store, "verify"));
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals("", run.err());
    assertTrue(run.out().lines().anyMatch(line -> line.startsWith(object)), run.out());
    assertTrue(run.out().contains("PROBLEM"), run.out());
    Cli json = Cli.run(Trials.on(store, "verify", "--json"));
    assertEquals(1, json.exitCode(), json::toString);
    JsonNode problems = new ObjectMapper().readTree(json.out()).get("problems");
    assertTrue(problems.findValuesAsText("object").contains(object), json.out());
  }

  private void assertRecoverNames(String object) throws IOException {
    String refused = Cli.fail(1, Trials.on(store, "recover", "--out", images.toString()));
    assertTrue(refused.contains("/" + object), refused);
    assertEquals(List.of(), Trials.files(images));
  }

  @Test
  void aFlippedByteOfData() throws IOException {
    Path largest =
        copy().stream()
            .max(Comparator.comparingLong(object -> object.toFile().length()))
            .orElseThrow();
    flip(largest, (int) Files.size(largest) / 2);
    assertVerifyNames(name(largest));
    assertRecoverNames(name(largest));
  }

  @Test
  void aFlippedByteOfAHeaderOrAnIndex() throws IOException {
    Path object = middle();
    for (int at : new int[] {0, 16, 100, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 20}) {
      flip(object, at);
      assertVerifyNames(name(object));
      assertRecoverNames(name(object));
      flip(object, at);
    }
    assertEquals(0, Cli.run(Trials.on(store, "verify")).exitCode());
  }

  /** Recovery does not read footers; verification reads every byte. */
  @Test
  void aFlippedLastByteOfEveryObject() throws IOException {
    for (Path object : copy()) {
      flip(object, (int) Files.size(object) - 1);
      assertVerifyNames(name(object));
      flip(object, (int) Files.size(object) - 1);
    }
  }

  @Test
  void aFlippedByteOfTheDescriptor() throws IOException {
    assertTrue(copy().size() > 1);
    flip(store.resolve(Trials.DOMAIN).resolve("domain"), 20);
    assertVerifyNames("domain");
  }

  @Test
  void aMissingObject() throws IOException {
    Path object = middle();
    Files.delete(object);
    assertVerifyNames(name(object));
    assertRecoverNames(name(object));
    String points = Cli.succeed(Trials.on(store, "points"));
    assertTrue(points.contains("warning: " + name(object)), points);
  }

  /** What lies before the loss is still there for who asks for it. */
  @Test
  void aPositionBeforeAMissingObjectIsRecovered() throws IOException {
    Files.delete(middle());
    long intactLsn = Cli.json(Trials.on(store, "points", "--json")).get("lastLsn").asLong();
    assertTrue(intactLsn > 0);
    String said =
        Cli.succeed(
            Trials.on(store, "recover", "--out", images.toString(), "--at", "lsn:" + intactLsn));
    assertTrue(said.startsWith("recovered LSN"), said);
    assertEquals(Trials.IMAGES, Trials.files(images));
  }

  @Test
  void aTruncatedObject() throws IOException {
    Path object = middle();
    byte[] bytes = Files.readAllBytes(object);
    for (int length : new int[] {bytes.length - 1, bytes.length / 2, HEADER_BYTES, 10, 0}) {
      Files.write(object, Arrays.copyOf(bytes, length));
      assertVerifyNames(name(object));
      assertRecoverNames(name(object));
    }
  }

  @Test
  void swappedObjects() throws IOException {
    Path object = middle();
    List<Path> chain = Trials.chain(store);
    Path other = chain.get(chain.indexOf(object) + 1);
    byte[] bytes = Files.readAllBytes(object);
    Files.write(object, Files.readAllBytes(other));
    Files.write(other, bytes);
    assertVerifyNames(name(object));
    assertVerifyNames(name(other));
    assertRecoverNames(name(object));
  }
}
