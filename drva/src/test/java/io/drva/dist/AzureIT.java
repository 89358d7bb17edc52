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
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
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

  private static final String WRONG_KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";

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

  /** What is set, what of it is secret, and whether it is good. */
  private record Credential(Map<String, String> environment, String secret, boolean good) {}

  private List<Credential> credentials() throws IOException {
    String account = azurite.environment().get("AZURE_STORAGE_ACCOUNT");
    String sas = azurite.sas(OffsetDateTime.now(ZoneOffset.UTC).plusHours(1));
    String expired = azurite.sas(OffsetDateTime.now(ZoneOffset.UTC).minusHours(1));
    String connection = "AccountName=" + account + ";AccountKey=" + key();
    return List.of(
        new Credential(azurite.environment(), key(), true),
        new Credential(Map.of("AZURE_STORAGE_CONNECTION_STRING", connection), key(), true),
        new Credential(Map.of("AZURE_STORAGE_SAS_TOKEN_FILE", file(sas)), signature(sas), true),
        new Credential(
            Map.of("AZURE_STORAGE_ACCOUNT", account, "AZURE_STORAGE_KEY_FILE", file(WRONG_KEY)),
            WRONG_KEY,
            false),
        new Credential(Map.of("AZURE_STORAGE_SAS_TOKEN", expired), signature(expired), false),
        new Credential(
            Map.of("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=sesame!"),
            "sesame",
            false));
  }

  private String file(String secret) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "secret", ""), secret).toString();
  }

  private static String signature(String sas) {
    return sas.substring(sas.indexOf("sig=") + "sig=".length());
  }

  @Test
  void neverShowsACredentialHoweverMuchItLogs() throws Exception {
    for (Credential credential : credentials()) {
      Map<String, String> environment = new HashMap<>(credential.environment());
      environment.put("DRVA_LOG_LEVEL", "TRACE");
      Path own = Files.createTempDirectory(folder, "run");
      String domain = "talkative-" + own.getFileName().toString().replaceAll("\\D", "");
      Distribution.Run demo =
          hiding(
              credential.secret(),
              Distribution.in(own, environment)
                  .run(on(domain, "demo", "--total", "1MiB", "--disk-size", "1MiB", "--json")));
      assertEquals(credential.good() ? 0 : 1, demo.exitCode(), demo::toString);
    }
  }

  @Test
  void saysWhatIsWrongWithCredentialsInOneLine() throws Exception {
    Map<String, String> denied = new HashMap<>(azurite.environment());
    denied.put("AZURE_STORAGE_KEY", WRONG_KEY);
    Path first = Files.createDirectory(folder.resolve("denied"));
    assertRefused(
        hiding(WRONG_KEY, Distribution.in(first, denied).run(on("trial", "points"))),
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
