package io.drva.benchmarks;

import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeSize;
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
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The appliance in a process of its own, and what that process says and uses. For Linux. */
final class ServedAppliance implements AutoCloseable {
  private static final Pattern LISTENING =
      Pattern.compile("listening on \\S+:(\\d+), control API on \\S+:(\\d+)");
  private static final Pattern PEAK_RESIDENT = Pattern.compile("VmHWM:\\s*(\\d+) kB");

  private final Process process;
  private final int port;
  private final URI metrics;
  private final HttpClient http = HttpClient.newHttpClient();

  private ServedAppliance(Process process, int port, URI metrics) {
    this.process = process;
    this.port = port;
    this.metrics = metrics;
  }

  /**
   * Starts it with a directory store and a volume of 1 GiB.
   *
   * @param drva the distribution's launcher
   * @param folder for store and volume
   */
  static ServedAppliance start(Path drva, Path folder, String domain) throws IOException {
    LogVolume.create(folder.resolve("volume"), VolumeSize.of(1L << 30), _ -> {});
    Path config =
        Files.writeString(
            folder.resolve("drva.yaml"),
            """
            listen: 127.0.0.1:0
            control: 127.0.0.1:0
            store: dir:%s
            volume: {path: %s}
            domains: [%s]
            """
                .formatted(folder.resolve("store"), folder.resolve("volume"), domain));
    Process process =
        new ProcessBuilder(List.of(drva.toString(), "serve", "--config", config.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line = process.inputReader().readLine();
    Matcher ports = LISTENING.matcher(line == null ? "" : line);
    if (!ports.matches()) {
      process.destroy();
      throw new IOException("the appliance did not start: " + line);
    }
    return new ServedAppliance(
        process,
        Integer.parseInt(ports.group(1)),
        URI.create("http://127.0.0.1:" + ports.group(2) + "/metrics"));
  }

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Its metrics now, as Prometheus text. */
  String metrics() throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** CPU time since it started. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElseThrow();
  }

  long peakResidentBytes() throws IOException {
    Matcher peak =
        PEAK_RESIDENT.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
    if (!peak.find()) {
      throw new IOException("the system does not tell a process's peak resident memory");
    }
    return Long.parseLong(peak.group(1)) << 10;
  }

  /** Stops it in order; if that takes longer than a minute, at once. */
  @Override
  public void close() {
    http.close();
    process.destroy();
    process.onExit().completeOnTimeout(process, 1, TimeUnit.MINUTES).join();
    process.destroyForcibly();
  }
}
