package io.drva.dist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.drva.blobsink.Azurite;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The distribution with the machine's managed identity: the tokens come from what answers as the
 * metadata service of an Azure machine does, and Azurite takes them over https.
 */
class ManagedIdentityIT {
  private static final String PASSWORD = "for-this-test";

  @TempDir Path folder;

  private final AtomicInteger tokensGiven = new AtomicInteger();
  private HttpServer metadata;
  private Azurite azurite;
  private String token;

  @BeforeEach
  void start() throws IOException, InterruptedException {
    token = token();
    metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    metadata.createContext("/", this::giveToken);
    metadata.start();
    azurite = Azurite.startSecure(folder.resolve("data"), certificate(), PASSWORD);
  }

  @AfterEach
  void stop() {
    if (azurite != null) {
      azurite.close();
    }
    metadata.stop(0);
  }

  private Path certificate() throws IOException, InterruptedException {
    Path file = folder.resolve("certificate.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "azurite",
                "-keyalg",
                "EC",
                "-dname",
                "CN=azurite",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    assertEquals(0, keytool.waitFor());
    return file;
  }

  /** As Azure signs them, but for the signature, which Azurite does not look at. */
  private static String token() {
    long now = Instant.now().getEpochSecond();
    String claims =
        """
        {"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
         "iat": %d, "nbf": %d, "exp": %d, "oid": "23657296-5cd5-45b0-a809-d972a7f4dfe1"}
        """
            .formatted(now - 60, now - 60, now + 3600);
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    return base64.encodeToString("{\"typ\":\"JWT\",\"alg\":\"RS256\"}".getBytes(UTF_8))
        + "."
        + base64.encodeToString(claims.getBytes(UTF_8))
        + "."
        + base64.encodeToString("signature".getBytes(UTF_8));
  }

  private void giveToken(HttpExchange exchange) throws IOException {
    assertTrue(exchange.getRequestURI().toString().contains("resource=https"), exchange::toString);
    tokensGiven.incrementAndGet();
    answer(
        exchange,
        200,
        """
        {"access_token": "%s", "token_type": "Bearer", "resource": "https://storage.azure.com",
         "expires_in": "3600", "expires_on": "%d"}
        """
            .formatted(token, Instant.now().getEpochSecond() + 3600));
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("AZURE_STORAGE_AUTH_MODE", "login");
    environment.put(
        "AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:" + metadata.getAddress().getPort());
    environment.put(
        "DRVA_JAVA_OPTS",
        "-Djavax.net.ssl.trustStore="
            + folder.resolve("certificate.p12")
            + " -Djavax.net.ssl.trustStorePassword="
            + PASSWORD);
    return environment;
  }

  private static void refuseToken(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        400,
        """
        {"error": "invalid_request", "error_description": "Identity not found"}
        """);
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] answer = text.getBytes(UTF_8);
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  @Test
  void storesAndRecoversWithoutAnySecretInTheEnvironment() throws Exception {
    Map<String, String> environment = environment();
    environment.put("DRVA_LOG_LEVEL", "TRACE");
    Distribution.Run demo =
        Distribution.in(folder, environment)
            .run(
                "demo",
                "--store",
                azurite.uri(),
                "--domain",
                "trial",
                "--total",
                "1MiB",
                "--disk-size",
                "1MiB",
                "--json");
    assertEquals(0, demo.exitCode(), demo::toString);
    JsonNode result = new ObjectMapper().readTree(demo.out());
    assertTrue(result.get("verified").asBoolean(), demo::toString);
    assertFalse(demo.toString().contains(token), "the token was shown");
    assertEquals(1, tokensGiven.get());
  }

  @Test
  void saysThatThereIsNoIdentity() throws Exception {
    metadata.removeContext("/");
    metadata.createContext("/", ManagedIdentityIT::refuseToken);
    Distribution.Run points =
        Distribution.in(folder, environment())
            .run("points", "--store", azurite.uri(), "--domain", "trial");
    assertEquals(1, points.exitCode(), points::toString);
    assertEquals(1, points.err().lines().count(), points.err());
    assertTrue(
        points.err().contains("there is no token for the managed or workload identity"),
        points.err());
  }
}
