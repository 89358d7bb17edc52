package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.drva.protocol.SessionFailedException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An appliance over real TCP and HTTP, with the directory store, and hosts that write to it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class ApplianceFixture {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final int CYCLE_BYTES = 4 << 20;
  static final long DISK_BYTES = 64 << 20;

  @TempDir Path folder;

  /** With a volume of that many cycle files, which is made unless there is one. */
  ApplianceConfig config(String store, int cycles, String... domains) throws IOException {
    return config(folder.resolve("volume"), store, cycles, domains);
  }

  static ApplianceConfig config(Path volume, String store, int cycles, String... domains)
      throws IOException {
    if (Files.notExists(volume)) {
      LogVolume.create(volume, new VolumeSize((long) cycles * CYCLE_BYTES, CYCLE_BYTES), _ -> {});
    }
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return new ApplianceConfig(
        anyPort,
        anyPort,
        store,
        volume,
        List.of(domains),
        ApplianceConfig.WINDOW_BYTES_MIN,
        1 << 20,
        20,
        2);
  }

  Appliance start(String... domains) throws Exception {
    return Appliance.start(
        config("dir:" + folder.resolve("store"), 16, domains), Map.of(), Platform.SYSTEM);
  }

  static HostClient connect(
      Appliance appliance, String host, String domain, LinkedBlockingQueue<String> told) {
    return HostClient.connect(options(appliance, host, domain, told).build());
  }

  static ClientOptions.Builder options(
      Appliance appliance, String host, String domain, LinkedBlockingQueue<String> told) {
    return ClientOptions.builder(appliance.address(), host, domain)
        .reconnectMs(10, 100)
        .closeTimeoutMs(1000)
        .listener(
            new HostClient.Listener() {
              @Override
              public void disconnected(String reason) {
                told.add(reason);
              }

              @Override
              public void failed(SessionFailedException cause) {
                told.add(cause.getMessage());
              }
            });
  }

  static HostClient connect(Appliance appliance, String host, String domain) {
    return connect(appliance, host, domain, new LinkedBlockingQueue<>());
  }

  static ByteBuf data(int bytes) {
    return Unpooled.directBuffer(bytes).writeZero(bytes);
  }

  record Answer(int status, String body) {
    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(body);
    }
  }

  static Answer http(Appliance appliance, String method, String path) throws IOException {
    return http(appliance, method, path, null);
  }

  /** Asks for another size of the volume. */
  static Answer put(Appliance appliance, String body) throws IOException {
    return http(appliance, "PUT", "/v1/volume", body);
  }

  private static Answer http(Appliance appliance, String method, String path, String body)
      throws IOException {
    InetSocketAddress address = appliance.controlAddress();
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + address.getPort() + path).toURL().openConnection();
    connection.setRequestMethod(method);
    if (body != null) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }
    int status = connection.getResponseCode();
    try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new Answer(status, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  static void writeUntilStopped(DiskStream disk) {
    try {
      for (int i = 0; ; i++) {
        disk.write(i % 32 << 20, data(1 << 20));
      }
    } catch (SessionFailedException stopped) {
      assertNotNull(stopped.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  Path chain() {
    return folder.resolve("store/finance/chain");
  }

  Path aside() {
    return folder.resolve("aside");
  }

  /** What should be the folder of the chain is a file. */
  void stopStore() throws IOException {
    Files.move(chain(), aside());
    Files.createFile(chain());
  }

  void startStore() throws IOException {
    Files.delete(chain());
    Files.move(aside(), chain());
  }

  interface Condition {
    boolean holds() throws IOException;
  }

  /** Asks again and again, at most for as long as the test may take. */
  static void await(Condition condition) throws IOException {
    while (!condition.holds()) {
      if (Thread.interrupted()) {
        throw new AssertionError("the condition did not come to hold");
      }
      Thread.onSpinWait();
    }
  }
}
