package io.drva.benchmarks;

import io.drva.demo.DemoOptions;
import io.drva.demo.InvalidTraceException;
import io.drva.demo.Load;
import io.drva.demo.LoadPlan;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The whole path with the client in this process and the appliance in another, on the directory
 * store: throughput, IOPS, latency of the logged acknowledgement, the ratio to the machine's limits
 * measured just before, and what the appliance says of itself and uses.
 */
@Command(
    name = "whole-path",
    mixinStandardHelpOptions = true,
    description = "Measures the whole replication path.")
public final class WholePath implements Callable<Integer> {
  private static final String DOMAIN = "bench";
  private static final List<String> HISTOGRAMS =
      List.of("drva_ack_latency_seconds", "drva_log_force_seconds", "drva_store_put_seconds");
  private static final Duration NO_LIMIT = Duration.ofNanos(Long.MAX_VALUE);
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
      names = "--warm-up-seconds",
      defaultValue = "30",
      description = "How long is written, at the same pace, before it counts (default: 30).")
  private int warmUpSeconds;

  @Option(
      names = "--total-mib",
      defaultValue = "4096",
      description = "What is written, MiB (default: 4096).")
  private long totalMib;

  @Option(names = "--seconds", description = "How long is written, instead of --total-mib.")
  private Integer seconds;

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
    try (ServedAppliance appliance = ServedAppliance.start(drva, folder, DOMAIN)) {
      // By time, because that is what the JIT compilers of both processes need. Afterwards the log
      // files are recycled ones, too.
      var _ = load("warm-up", appliance, Long.MAX_VALUE, Duration.ofSeconds(warmUpSeconds));
      measure(appliance, limits);
    }
    return 0;
  }

  private void measure(ServedAppliance appliance, Limits limits)
      throws IOException, InvalidTraceException, InterruptedException {
    String metrics = appliance.metrics();
    Duration applianceCpu = appliance.cpu();
    Duration clientCpu = clientCpu();
    long start = System.nanoTime();
    double rate =
        seconds == null
            ? load("measured", appliance, totalMib << 20, NO_LIMIT)
            : load("measured", appliance, Long.MAX_VALUE, Duration.ofSeconds(seconds));
    double elapsedNanos = System.nanoTime() - start;
    double applianceCpus = appliance.cpu().minus(applianceCpu).toNanos() / elapsedNanos;
    double clientCpus = clientCpu().minus(clientCpu).toNanos() / elapsedNanos;
    String metricsAfter = appliance.metrics();
    out.printf(
        Locale.ROOT,
        "of the limits: %.2f of forced append, %.2f of TCP loopback, %.2f of LZ4 on one core%n",
        rate / limits.forcedAppendMBps(),
        rate / limits.loopbackMBps(),
        rate / limits.lz4MBps());
    for (String name : HISTOGRAMS) {
      Buckets counted = Buckets.of(metricsAfter, name).since(Buckets.of(metrics, name));
      out.printf(
          Locale.ROOT,
          "appliance: %s: p50 %.2f ms, p99 %.2f ms of %d%n",
          name,
          counted.percentile(50) * 1e3,
          counted.percentile(99) * 1e3,
          counted.count());
    }
    out.printf(
        Locale.ROOT,
        "CPU seconds per second: appliance %.2f (%.0f %%), client %.2f (%.0f %%), of %d%n",
        applianceCpus,
        100 * applianceCpus / (applianceCpus + clientCpus),
        clientCpus,
        100 * clientCpus / (applianceCpus + clientCpus),
        Runtime.getRuntime().availableProcessors());
    out.printf(
        Locale.ROOT,
        "appliance: peak resident memory %.0f MiB%n",
        appliance.peakResidentBytes() / (double) (1 << 20));
  }

  private static Duration clientCpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  /**
   * Writes until one of the limits is reached, and prints what came of it.
   *
   * @return 10^6 bytes per second, logged and replicated
   */
  private double load(String name, ServedAppliance appliance, long totalBytes, Duration writing)
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
                rateMBps * 1_000_000,
                1));
    try (Load load = new Load(plan, System::nanoTime)) {
      load.connect(appliance.address(), DOMAIN);
      double elapsed = load.run(writing, PATIENCE) / 1e9;
      double rate = load.bytesSent() / elapsed / 1e6;
      Histogram latency = load.ackLatencyNanos();
      out.printf(
          Locale.ROOT,
          "%s: %d writes of %d bytes in %.2f s: %.1f MB/s, %.0f IOPS; logged after p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.2f ms%n",
          name,
          load.writesSent(),
          writeBytes,
          elapsed,
          rate,
          load.writesSent() / elapsed,
          latency.getValueAtPercentile(50) / 1e6,
          latency.getValueAtPercentile(99) / 1e6,
          latency.getValueAtPercentile(99.9) / 1e6,
          latency.getMaxValue() / 1e6);
      return rate;
    }
  }
}
