package io.drva.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The appliance as a service: it answers on its control API, and when told to stop it first ships
 * what it has logged.
 */
class ServeIT {
  private static final Pattern LISTENING =
      Pattern.compile("listening on \\S+:(\\d+), control API on \\S+:(\\d+)");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int WRITE_BYTES = 4096;
  private static final int WRITES = 256;
  private static final long DISK_BYTES = (long) WRITES * WRITE_BYTES;

  @TempDir Path folder;
  private int hostPort;
  private int controlPort;

  /**
   * Segments are so large and may grow so old that nothing is shipped before the appliance is told
   * to stop.
   */
  private Process start(Distribution distribution) throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("drva.yaml"),
            """
            listen: 127.0.0.1:0
            control: 127.0.0.1:0
            store: dir:store
            volume: {path: volume}
            segment: {size: 8MiB, age: 1h}
            domains: [finance]
            """);
    if (Files.notExists(folder.resolve("volume"))) {
      distribution.succeed(
          "volume", "create", "--path", "volume", "--size", "256MiB", "--cycle", "16MiB");
    }
    Process process = distribution.start("serve", "--config", config.toString());
    BufferedReader out = process.inputReader();
    String line = out.readLine();
    Matcher ports = LISTENING.matcher(line == null ? "" : line);
    if (!ports.matches()) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(line + "\n" + Files.readString(distribution.errors()));
    }
    hostPort = Integer.parseInt(ports.group(1));
    controlPort = Integer.parseInt(ports.group(2));
    return process;
  }

  private JsonNode get(HttpClient http, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + controlPort + path);
    HttpResponse<String> answer =
        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer::body);
    return new ObjectMapper().readTree(answer.body());
  }

  @Test
  void shipsWhatIsLoggedBeforeItStops() throws Exception {
    Distribution distribution = Distribution.in(folder, Map.of());
    Process process = start(distribution);
    try (HttpClient http = HttpClient.newHttpClient()) {
      assertTrue(get(http, "/health").get("healthy").asBoolean());
      InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), hostPort);
      HostClient client =
          HostClient.connect(ClientOptions.builder(address, "host1", "finance").build());
      try {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        for (int write = 0; write < WRITES; write++) {
          var _ = disk.write((long) write * WRITE_BYTES, Unpooled.wrappedBuffer(content(write)));
        }
        assertTrue(client.awaitLogged(client.lastSeq(), PATIENCE));
        JsonNode domain = get(http, "/v1/domains/finance");
        assertEquals(0, domain.get("replicatedLsn").asLong(), domain::toString);
        assertTrue(domain.get("loggedLsn").asLong() > WRITES, domain::toString);

        process.destroy();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it did not stop");
        assertTrue(process.exitValue() == 0, "exit code " + process.exitValue());
      } finally {
        client.abort();
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    String errors = Files.readString(distribution.errors());
    assertFalse(errors.contains("\tat "), errors);
    var _ = distribution.succeed("verify", "--store", "dir:store", "--domain", "finance");
    var _ =
        distribution.succeed(
            "recover", "--store", "dir:store", "--domain", "finance", "--out", "images");
    byte[] image = Files.readAllBytes(folder.resolve("images").resolve("vm1_disk0.raw"));
    assertEquals(DISK_BYTES, image.length);
    for (int write = 0; write < WRITES; write++) {
      byte[] found = Arrays.copyOfRange(image, write * WRITE_BYTES, (write + 1) * WRITE_BYTES);
      assertEquals(-1, Arrays.mismatch(content(write), found), "write " + write);
    }
  }

  private static byte[] content(int write) {
    byte[] bytes = new byte[WRITE_BYTES];
    Arrays.fill(bytes, (byte) (write + 1));
    bytes[0] = (byte) (write >> 8);
    return bytes;
  }

  @Test
  void itsVolumeIsShownAndGrowsWhileItRuns() throws Exception {
    Distribution distribution = Distribution.in(folder, Map.of());
    Process process = start(distribution);
    try {
      Distribution.Run shown = distribution.succeed("volume", "show", "--path", "volume");
      assertTrue(shown.out().contains("16 log files of 16.0 MiB, 14 free"), shown::toString);
      String control = "127.0.0.1:" + controlPort;
      Distribution.Run grown =
          distribution.succeed("volume", "grow", "--control", control, "--size", "320MiB");
      assertEquals("the volume has 320.0 MiB in 20 log files of 16.0 MiB\n", grown.out());
      Distribution.Run refused =
          distribution.run("volume", "grow", "--control", control, "--size", "64MiB");
      assertEquals(1, refused.exitCode(), refused::toString);
      assertTrue(refused.err().contains("does not shrink"), refused::toString);
      Distribution.Run locked = distribution.run("volume", "check", "--path", "volume");
      assertEquals(1, locked.exitCode(), locked::toString);
      assertTrue(locked.err().contains("another process has the volume open"), locked::toString);
    } finally {
      process.destroyForcibly().waitFor();
    }
    Distribution.Run checked = distribution.succeed("volume", "check", "--path", "volume");
    assertTrue(checked.out().contains("20 log files"), checked::toString);
  }

  @Test
  void stopsAtOnceWithNothingToShip() throws Exception {
    Process process = start(Distribution.in(folder, Map.of()));
    try {
      process.destroy();
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it did not stop");
      assertTrue(process.exitValue() == 0, "exit code " + process.exitValue());
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void refusesAPortThatIsTaken() throws Exception {
    Process first = start(Distribution.in(folder, Map.of()));
    try {
      Path second = Files.createDirectory(folder.resolve("second"));
      Path config =
          Files.writeString(
              second.resolve("drva.yaml"),
              "listen: 127.0.0.1:"
                  + hostPort
                  + "\ncontrol: 127.0.0.1:0\nstore: dir:store\nvolume: {path: volume}\n");
      Distribution distribution = Distribution.in(second, Map.of());
      distribution.succeed("volume", "create", "--path", "volume", "--size", "256MiB");
      Distribution.Run run = distribution.run("serve", "--config", config.toString());
      assertEquals(1, run.exitCode(), run::toString);
      assertEquals("", run.out());
      assertTrue(
          run.err().matches("drva: listen: cannot listen on \\S+:" + hostPort + ": .+\n"),
          run.err());
    } finally {
      first.destroyForcibly().waitFor();
    }
  }
}
