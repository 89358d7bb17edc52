package io.drva.cli;

import io.drva.appliance.ConfigFile;
import io.drva.appliance.Platform;
import io.drva.demo.Demo;
import io.drva.demo.DemoOptions;
import io.drva.demo.DemoReport;
import io.drva.logstore.ByteCount;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Writes to protected disks over real TCP, recovers every disk from the store alone, and compares each byte.",
      "Without --store everything happens in a temporary folder that is removed.",
    },
    footer = {
      "",
      "Examples:",
      "  drva demo",
      "  drva demo --trace trace.csv.gz --json",
      "  drva demo --store azure:http://127.0.0.1:10000/devstoreaccount1 --domain trial",
      "",
      "Exit code 0 only if every recovered disk is equal to what was written.",
    })
final class DemoCommand implements Callable<Integer> {
  private static final int HOSTS_MAX = 64;
  private static final int DISKS_MAX = 128;

  @Spec private CommandSpec spec;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description =
          "Replay the writes of a block trace (time_us,op,lba,bytes; plain or gzip) as one disk.")
  private Path trace;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "Replay the trace X times as fast as recorded (default: as fast as it is accepted).")
  private double speed;

  @Option(
      names = "--store",
      paramLabel = "URI",
      description =
          "Use this store and leave the content there: dir:PATH or azure:ENDPOINT (credentials from the environment).")
  private String store;

  @Option(
      names = "--domain",
      paramLabel = "NAME",
      defaultValue = "demo",
      description = "Protected domain (default: demo).")
  private String domain;

  @Option(
      names = "--hosts",
      paramLabel = "N",
      defaultValue = "2",
      description = "Hosts that write (default: 2).")
  private int hosts;

  @Option(
      names = "--disks",
      paramLabel = "N",
      defaultValue = "3",
      description = "Disks of each host (default: 3).")
  private int disks;

  @Option(
      names = "--disk-size",
      paramLabel = "SIZE",
      defaultValue = "512MiB",
      converter = SizeConverter.class,
      description = "Capacity of each disk (default: 512MiB).")
  private long diskBytes;

  @Option(
      names = "--total",
      paramLabel = "SIZE",
      defaultValue = "1GiB",
      converter = SizeConverter.class,
      description = "What all hosts write together (default: 1GiB).")
  private long totalBytes;

  @Option(
      names = "--write-size",
      paramLabel = "SIZE",
      split = ",",
      defaultValue = "4KiB,16KiB,64KiB",
      converter = SizeConverter.class,
      description = "Sizes of the writes (default: 4KiB,16KiB,64KiB).")
  private long[] writeSizesBytes;

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      defaultValue = "0",
      converter = SizeConverter.class,
      description =
          "Pace in bytes per second, all hosts together (default: as fast as they are accepted).")
  private long bytesPerSecond;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Decides the writes (default: 1).")
  private long seed;

  @Option(names = "--json", description = "Print one JSON object on standard output.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    check();
    if (store != null) {
      ContainerOptions.open(store).close();
    }
    DemoReport report;
    try (Progress progress = new Progress()) {
      report =
          new Demo(
                  new DemoOptions(
                      store,
                      domain,
                      trace,
                      speed,
                      hosts,
                      disks,
                      diskBytes,
                      totalBytes,
                      Arrays.stream(writeSizesBytes).mapToInt(Math::toIntExact).boxed().toList(),
                      bytesPerSecond,
                      seed),
                  System.getenv(),
                  Platform.SYSTEM,
                  progress)
              .run();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      Json.print(out, report);
      PrintWriter err = spec.commandLine().getErr();
      report.differences().forEach(err::println);
      err.flush();
    } else {
      print(report, out);
    }
    out.flush();
    return report.verified() ? 0 : Main.FAILED;
  }

  private void check() {
    require(
        ConfigFile.isDomainName(domain),
        "--domain: '" + domain + "' must be " + ConfigFile.DOMAIN_RULE);
    require(trace != null || speed == 0, "--speed: only with --trace");
    require(speed >= 0 && speed <= 1e9, "--speed: must not be negative");
    require(hosts >= 1 && hosts <= HOSTS_MAX, "--hosts: must be 1 to " + HOSTS_MAX);
    require(disks >= 1 && disks <= DISKS_MAX, "--disks: must be 1 to " + DISKS_MAX);
    require(
        diskBytes >= 1 << 20 && diskBytes <= 1L << 46 && diskBytes % 4096 == 0,
        "--disk-size: must be 1MiB to 64TiB, in whole 4KiB");
    require(totalBytes >= 1 << 20, "--total: must be at least 1MiB");
    for (long size : writeSizesBytes) {
      require(
          size >= 512 && size <= 1 << 20 && size % 512 == 0 && size <= diskBytes,
          "--write-size: " + size + " must be a multiple of 512 from 512 to 1MiB");
    }
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  private void print(DemoReport report, PrintWriter out) {
    new Table()
        .row(
            "writes",
            Units.count(report.writes()) + " (" + ByteCount.text(report.bytesWritten()) + ")")
        .row(
            "throughput",
            String.format(Locale.ROOT, "%.1f MB/s", report.throughputMBps())
                + ", durably logged and replicated")
        .row("IOPS", Units.count(Math.round(report.iops())))
        .row("ack latency", percentiles(report.ackLatencyMs()) + "  (logged)")
        .row("replicated RPO", percentiles(report.replicatedRpoMs()))
        .row("compression", String.format(Locale.ROOT, "%.2f : 1", report.compressionRatio()))
        .row(
            "objects",
            Units.count(report.objects()) + " (" + ByteCount.text(report.bytesStored()) + ")")
        .row("time to recover", Units.seconds(report.recoverySeconds()))
        .row("verified", report.verified() ? "yes, every byte of every disk" : "NO")
        .print(out);
    report.differences().forEach(difference -> out.println("  " + difference));
    if (store != null) {
      out.println();
      out.println("The content is still there:");
      out.println("  drva points  --store " + store + " --domain " + domain);
      out.println("  drva verify  --store " + store + " --domain " + domain);
      out.println("  drva recover --store " + store + " --domain " + domain + " --out FOLDER");
    }
  }

  private static String percentiles(DemoReport.Percentiles p) {
    return "p50 "
        + Units.millis(p.p50())
        + "  p99 "
        + Units.millis(p.p99())
        + "  p99.9 "
        + Units.millis(p.p999());
  }
}
