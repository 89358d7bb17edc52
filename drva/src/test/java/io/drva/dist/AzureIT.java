package io.drva.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drva.blobsink.Azurite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The distribution against Azure Blob as Azurite speaks it: credentials come from the environment,
 * and are never shown.
 */
class AzureIT {
  private static final int DISKS = 6;
  private static final long DISK_BYTES = 16 << 20;

  @TempDir static Path data;
  private static Azurite azurite;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    azurite = Azurite.start(data);
  }

  @AfterAll
  static void stop() {
    if (azurite != null) {
      azurite.close();
    }
  }

  private static String key() {
    return azurite.environment().get("AZURE_STORAGE_KEY");
  }

  private static Distribution.Run hiding(String secret, Distribution.Run run) {
    assertFalse(run.out().contains(secret) || run.err().contains(secret), "the key was shown");
    return run;
  }

  private static JsonNode json(Distribution.Run run) throws IOException {
    assertEquals(0, run.exitCode(), run::toString);
    return new ObjectMapper().readTree(run.out());
  }

  private static String[] on(String domain, String command, String... more) {
    return Stream.concat(
            Stream.of(command, "--store", azurite.uri(), "--domain", domain), Stream.of(more))
        .toArray(String[]::new);
  }

  @Test
  void writesVerifiesAndRecovers() throws Exception {
    Distribution distribution = Distribution.in(folder, azurite.environment());
    JsonNode demo =
        json(
            hiding(
                key(),
                distribution.run(
                    on("trial", "demo", "--total", "32MiB", "--disk-size", "16MiB", "--json"))));
    assertTrue(demo.get("verified").asBoolean(), demo::toString);
    assertTrue(demo.get("bytesWritten").asLong() >= 32 << 20, demo::toString);

    JsonNode found = json(hiding(key(), distribution.run(on("trial", "verify", "--json"))));
    assertEquals(demo.get("objects").asLong(), found.get("chainObjects").asLong());
    assertTrue(found.get("problems").isEmpty(), found::toString);

    JsonNode recovered =
        json(hiding(key(), distribution.run(on("trial", "recover", "--out", "images", "--json"))));
    assertEquals(found.get("lastLsn"), recovered.get("lsn"));
    try (Stream<Path> images = Files.list(folder.resolve("images"))) {
      List<Path> written = images.toList();
      assertEquals(DISKS, written.size(), written::toString);
      for (Path image : written) {
        assertEquals(DISK_BYTES, Files.size(image), image::toString);
      }
    }
    Distribution.Run again =
        hiding(key(), distribution.run(on("trial", "demo", "--total", "1MiB", "--json")));
    assertEquals(1, again.exitCode(), again::toString);
    assertTrue(again.err().contains("holds a domain already"), again.err());
  }

  @Test
  void neverShowsTheKeyHoweverMuchItLogs() throws Exception {
    Map<String, String> environment = new HashMap<>(azurite.environment());
    environment.put("DRVA_LOG_LEVEL", "TRACE");
    Distribution distribution = Distribution.in(folder, environment);
    JsonNode demo =
        json(
            hiding(
                key(),
                distribution.run(
                    on("talkative", "demo", "--total", "1MiB", "--disk-size", "1MiB", "--json"))));
    assertTrue(demo.get("verified").asBoolean(), demo::toString);
  }

  @Test
  void saysWhatIsWrongWithCredentialsInOneLine() throws Exception {
    String wrong = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
    Map<String, String> denied = new HashMap<>(azurite.environment());
    denied.put("AZURE_STORAGE_KEY", wrong);
    Path first = Files.createDirectory(folder.resolve("denied"));
    assertRefused(
        hiding(wrong, Distribution.in(first, denied).run(on("trial", "points"))),
        "check that the credentials");
    Path second = Files.createDirectory(folder.resolve("without"));
    assertRefused(
        Distribution.in(second, Map.of()).run(on("trial", "points")),
        "AZURE_STORAGE_CONNECTION_STRING");
  }

  private static void assertRefused(Distribution.Run run, String hint) {
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals("", run.out());
    List<String> lines = run.err().lines().toList();
    assertEquals(1, lines.size(), run.err());
    assertTrue(lines.getFirst().startsWith("drva: ") && lines.getFirst().contains(hint), run.err());
  }
}
