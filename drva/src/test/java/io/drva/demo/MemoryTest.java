package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drva.appliance.Platform;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invariant 7: the real appliance with the product's memory limits and as many domains as they
 * allow, all of whose stores are dead, until every log is full and every host is held back. Then
 * the stores return and everything is replicated.
 */
class MemoryTest {
  /** What fits with segments of 8 MiB; one more is refused. */
  private static final int DOMAINS = 7;

  private static final long DOMAIN_BYTES = 40L << 20;
  private static final long NETTY_BYTES_MAX = 128L << 20;
  private static final long DIRECT_BYTES_MAX = 256L << 20;
  private static final Pattern ADDRESSES =
      Pattern.compile("listening on \\S+:(\\d+), control API on \\S+:(\\d+)");

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private String control;

  @Test
  @Timeout(value = 4, unit = TimeUnit.MINUTES)
  void isBoundedWhateverTheBacklog() throws Exception {
    List<String> domains = new ArrayList<>();
    for (int i = 0; i < DOMAINS; i++) {
      domains.add("domain-" + i);
    }
    Process appliance = Appliances.start(config(domains));
    try {
      Matcher addresses = ADDRESSES.matcher(appliance.inputReader().readLine());
      assertTrue(addresses.matches());
      control = "http://127.0.0.1:" + addresses.group(2);
      String refused = request("PUT", "/v1/domains/one-too-many");
      assertTrue(refused.contains("make the segments smaller"), refused);
      stopStores(domains);
      int port = Integer.parseInt(addresses.group(1));
      List<Load> loads = new ArrayList<>();
      List<FutureTask<Long>> running = new ArrayList<>();
      for (String domain : domains) {
        Load load = load(domain, port);
        FutureTask<Long> task = new FutureTask<>(() -> load.run(Duration.ofMinutes(3)));
        Thread.ofPlatform().name("load-" + domain).start(task);
        loads.add(load);
        running.add(task);
      }
      long nettyMax = 0;
      long directMax = 0;
      for (boolean allFull = false; !allFull; ) {
        allFull = true;
        for (JsonNode domain : domains()) {
          assertEquals("ACTIVE", domain.get("state").asText(), domain.toString());
          allFull &= domain.get("pressure").asText().equals("BITMAP");
        }
        String metrics = request("GET", "/metrics");
        nettyMax = Math.max(nettyMax, value(metrics, "netty_allocator_memory_used\\S*\"direct\"}"));
        directMax =
            Math.max(directMax, value(metrics, "jvm_buffer_memory_used_bytes\\{id=\"direct\"}"));
      }
      startStores(domains);
      for (FutureTask<Long> task : running) {
        task.get();
      }
      loads.forEach(Load::close);
      for (JsonNode domain : domains()) {
        assertEquals("ACTIVE", domain.get("state").asText(), domain.toString());
      }
      System.out.println("at most: netty " + nettyMax + ", direct " + directMax);
      assertTrue(nettyMax > 0 && nettyMax <= NETTY_BYTES_MAX, "netty: " + nettyMax);
      assertTrue(directMax > 0 && directMax <= DIRECT_BYTES_MAX, "direct: " + directMax);
    } finally {
      appliance.destroyForcibly().waitFor();
    }
  }

  private Path config(List<String> domains) throws IOException {
    LogVolume.create(folder.resolve("volume"), new VolumeSize(64 << 20, 4 << 20), _ -> {});
    return Files.writeString(
        folder.resolve("drva.yaml"),
        """
        listen: 127.0.0.1:0
        control: 127.0.0.1:0
        store: dir:%s
        volume: {path: %s}
        domains: %s
        """
            .formatted(folder.resolve("store"), folder.resolve("volume"), domains));
  }

  private static Load load(String domain, int port) throws Exception {
    LoadPlan plan =
        LoadPlan.of(
            new DemoOptions(
                null,
                domain,
                null,
                0,
                2,
                2,
                64 << 20,
                DOMAIN_BYTES,
                List.of(512, 4096, 65536, 1 << 20),
                0,
                1));
    Load load = new Load(plan, Platform.SYSTEM.nanos());
    load.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), domain);
    return load;
  }

  /** What should be the folder of the chain is a file. */
  private void stopStores(List<String> domains) throws IOException {
    for (String domain : domains) {
      Path chain = folder.resolve("store").resolve(domain).resolve("chain");
      Files.move(chain, chain.resolveSibling("aside"));
      Files.createFile(chain);
    }
  }

  private void startStores(List<String> domains) throws IOException {
    for (String domain : domains) {
      Path chain = folder.resolve("store").resolve(domain).resolve("chain");
      Files.delete(chain);
      Files.move(chain.resolveSibling("aside"), chain);
    }
  }

  private JsonNode domains() throws IOException, InterruptedException {
    return new ObjectMapper().readTree(request("GET", "/v1/domains"));
  }

  private String request(String method, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(control + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, BodyHandlers.ofString()).body();
  }

  private static long value(String metrics, String name) {
    Matcher line = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(metrics);
    assertTrue(line.find(), name);
    return (long) Double.parseDouble(line.group(1));
  }
}
