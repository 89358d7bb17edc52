package io.drva.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drva.blobsink.Programs;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.drva.protocol.SessionFailedException;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real appliance on a disk that fails a force: {@code strace} has the system call of one log's
 * force thread return EIO, once.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class FailedDiskIT {
  private static final Pattern LISTENING =
      Pattern.compile("listening on \\S+:(\\d+), control API on \\S+:(\\d+)");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int WRITE_BYTES = 4096;

  @TempDir Path folder;
  private int hostPort;
  private URI control;

  private Process start(Distribution distribution) throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("drva.yaml"),
            """
            listen: 127.0.0.1:0
            control: 127.0.0.1:0
            store: dir:store
            volume: {path: volume}
            domains: [finance, payroll]
            """);
    Process process = distribution.start("serve", "--config", config.toString());
    BufferedReader out = process.inputReader();
    Matcher ports = LISTENING.matcher(String.valueOf(out.readLine()));
    assertTrue(ports.matches(), () -> "it did not start");
    hostPort = Integer.parseInt(ports.group(1));
    control = URI.create("http://127.0.0.1:" + ports.group(2));
    return process;
  }

  /** Lets the next force of the domain's log fail. */
  private Process failNextForce(Process process, String domain) throws IOException {
    Process strace =
        new ProcessBuilder(
                "strace",
                "-p",
                thread(process, "drva-force-" + domain),
                "-e",
                "trace=fdatasync",
                "-e",
                "inject=fdatasync:error=EIO:when=1")
            .redirectErrorStream(true)
            .start();
    String attached = strace.inputReader().readLine();
    assertTrue(attached.contains("attached"), attached);
    return strace;
  }

  /** The system's number of a thread, by its name, of which the system keeps 15 characters. */
  private static String thread(Process process, String name) throws IOException {
    String kept = name.substring(0, Math.min(15, name.length()));
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        if (Files.readString(thread.resolve("comm")).strip().equals(kept)) {
          return thread.getFileName().toString();
        }
      }
    }
    throw new AssertionError("no thread " + kept);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(control.resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private HostClient connect(String domain, CompletableFuture<String> failed) {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), hostPort);
    return HostClient.connect(
        ClientOptions.builder(address, "host1", domain)
            .closeTimeoutMs(1000)
            .listener(
                new HostClient.Listener() {
                  @Override
                  public void disconnected(String reason) {
                    failed.complete(reason);
                  }

                  @Override
                  public void failed(SessionFailedException cause) {
                    failed.complete(cause.getMessage());
                  }
                })
            .build());
  }

  private static long write(DiskStream disk, int write) throws Exception {
    byte[] data = new byte[WRITE_BYTES];
    data[0] = (byte) write;
    return disk.write((long) write * WRITE_BYTES, Unpooled.wrappedBuffer(data));
  }

  @Test
  void aFailedForceStopsTheVolumeForGoodAndEverybodyIsTold() throws Exception {
    Programs.require("strace");
    Distribution distribution = Distribution.in(folder, Map.of());
    distribution.succeed(
        "volume", "create", "--path", "volume", "--size", "64MiB", "--cycle", "8MiB");
    long acknowledged;
    CompletableFuture<String> told = new CompletableFuture<>();
    CompletableFuture<String> toldOther = new CompletableFuture<>();
    Process process = start(distribution);
    try {
      HostClient client = connect("finance", told);
      HostClient other = connect("payroll", toldOther);
      DiskStream disk = client.open("vm1", "disk0", 1 << 20, 512);
      DiskStream otherDisk = other.open("vm2", "disk0", 1 << 20, 512);
      assertTrue(other.awaitLogged(write(otherDisk, 0), PATIENCE));
      acknowledged = write(disk, 0);
      assertTrue(client.awaitLogged(acknowledged, PATIENCE));
      Process strace = failNextForce(process, "finance");
      long lost = write(disk, 1);
      String reason = told.get(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("the log store volume stopped: Input/output error"), reason);
      reason = toldOther.get(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("the log store volume stopped: Input/output error"), reason);
      strace.destroy();
      strace.waitFor();
      assertTrue(client.loggedSeq() < lost, "not acknowledged");

      HttpResponse<String> health = get("/health");
      assertEquals(503, health.statusCode());
      assertTrue(health.body().contains("the log store volume stopped"), health.body());
      assertTrue(health.body().contains("Input/output error"), health.body());
      String metrics = get("/metrics").body();
      assertTrue(metrics.contains("drva_log_volume_failed 1.0"), metrics);
      assertTrue(metrics.contains("drva_domain_active{domain=\"payroll\"} 0.0"), metrics);
      JsonNode volume = new ObjectMapper().readTree(get("/v1/volume").body());
      assertTrue(volume.get("failure").asText().contains("Input/output error"), volume.toString());
      client.abort();
      other.abort();
    } finally {
      process.destroyForcibly().waitFor();
    }
    String log = Files.readString(distribution.errors());
    assertTrue(log.contains("the log store volume stopped: Input/output error"), log);
    // With the disk mended, what was acknowledged is there.
    process = start(distribution);
    try (HostClient client = connect("finance", new CompletableFuture<>())) {
      JsonNode domain = new ObjectMapper().readTree(get("/v1/domains/finance").body());
      assertEquals("ACTIVE", domain.get("state").asText(), domain.toString());
      assertTrue(domain.get("loggedLsn").asLong() >= 3, domain.toString());
      DiskStream disk = client.open("vm1", "disk0", 1 << 20, 512);
      assertTrue(client.awaitReplicated(write(disk, 2), PATIENCE));
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertEquals(
        List.of(),
        distribution
            .succeed("verify", "--store", "dir:store", "--domain", "finance")
            .err()
            .lines()
            .toList());
  }
}
