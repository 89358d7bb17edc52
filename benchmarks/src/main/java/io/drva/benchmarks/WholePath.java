package io.drva.benchmarks;

import io.drva.demo.DemoOptions;
import io.drva.demo.InvalidTraceException;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The whole path with the client in this process and the appliance in another, on the directory
 * store: throughput, IOPS, latency of the logged acknowledgement, and the ratio to the machine's
 * limits measured just before.
 */
@Command(
    name = "whole-path",
    mixinStandardHelpOptions = true,
    description = "Measures the whole replication path.")
public final class WholePath implements Callable<Integer> {
  private static final String DOMAIN = "bench";
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @Option(
      names = "--drva",
      required = true,
      paramLabel = "FILE",
      description = "The distribution's bin/drva.")
  private Path drva;

  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      description = "Where to work (default: a temporary folder).")
  private Path dir;

  @Option(
      names = "--write-bytes",
      defaultValue = "65536",
      description = "Size of each write (default: 65536).")
  private int writeBytes;

  @Option(
      names = "--total-mib",
      defaultValue = "4096",
      description = "What is written, MiB (default: 4096).")
  private long totalMib;

  @Option(names = "--hosts", defaultValue = "2", description = "Hosts that write (default: 2).")
  private int hosts;

  @Option(
      names = "--rate-mbps",
      defaultValue = "0",
      description = "Pace, 10^6 bytes per second (default: full speed).")
  private long rateMBps;

  private final PrintStream out = System.out;

  public static void main(String[] args) {
    System.exit(new CommandLine(new WholePath()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path folder =
        dir == null ? Files.createTempDirectory("drva-bench-") : Files.createDirectories(dir);
    Limits limits = Limits.measure(folder);
    out.printf(
        Locale.ROOT,
        "limits: forced append %.0f MB/s, TCP loopback %.0f MB/s, LZ4 on one core %.0f MB/s%n",
        limits.forcedAppendMBps(),
        limits.loopbackMBps(),
        limits.lz4MBps());
    int port = freePort();
    Process appliance = startAppliance(folder, port);
    try {
      awaitListening(appliance);
      // A first, shorter run warms up both processes and writes the log files once, so that the
      // second finds recycled ones.
      measure(port, "warm-up", Math.max(1L << 30, (totalMib << 20) / 4), 0, limits);
      measure(port, "measured", totalMib << 20, rateMBps * 1_000_000, limits);
    } finally {
      appliance.destroy();
      if (!appliance.waitFor(1, TimeUnit.MINUTES)) {
        appliance.destroyForcibly();
      }
    }
    return 0;
  }

  private void measure(int port, String name, long totalBytes, long bytesPerSecond, Limits limits)
      throws IOException, InvalidTraceException, InterruptedException {
    LoadPlan plan =
        LoadPlan.of(
            new DemoOptions(
                null,
                DOMAIN,
                null,
                0,
                hosts,
                2,
                4L << 30,
                totalBytes,
                List.of(writeBytes),
                bytesPerSecond,
                1));
    try (Load load = new Load(plan, System::nanoTime)) {
      load.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), DOMAIN);
      double seconds = load.run(PATIENCE) / 1e9;
      double rate = load.bytesSent() / seconds / 1e6;
      Histogram latency = load.ackLatencyNanos();
      out.printf(
          Locale.ROOT,
          "%s: %d writes of %d bytes in %.2f s: %.1f MB/s, %.0f IOPS; logged after p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms%n",
          name,
          load.writesSent(),
          writeBytes,
          seconds,
          rate,
          load.writesSent() / seconds,
          latency.getValueAtPercentile(50) / 1e6,
          latency.getValueAtPercentile(99) / 1e6,
          latency.getValueAtPercentile(99.9) / 1e6,
          latency.getMaxValue() / 1e6);
      out.printf(
          Locale.ROOT,
          "%s: of the limits: %.2f of forced append, %.2f of TCP loopback, %.2f of LZ4 on one core%n",
          name,
          rate / limits.forcedAppendMBps(),
          rate / limits.loopbackMBps(),
          rate / limits.lz4MBps());
    }
  }

  private Process startAppliance(Path folder, int port) throws IOException {
    Path config = folder.resolve("drva.yaml");
    Files.writeString(
        config,
        """
        listen: 127.0.0.1:%d
        control: 127.0.0.1:0
        store: dir:%s
        volume: {path: %s, size: 1GiB}
        domains: [%s]
        """
            .formatted(port, folder.resolve("store"), folder.resolve("volume"), DOMAIN));
    return new ProcessBuilder(List.of(drva.toString(), "serve", "--config", config.toString()))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void awaitListening(Process appliance) throws IOException {
    String line = appliance.inputReader().readLine();
    if (line == null || !line.startsWith("listening")) {
      throw new IOException("the appliance did not start: " + line);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
