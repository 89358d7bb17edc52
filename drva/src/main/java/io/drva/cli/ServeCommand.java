package io.drva.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.drva.appliance.Appliance;
import io.drva.appliance.ApplianceConfig;
import io.drva.appliance.ConfigFile;
import io.drva.appliance.Platform;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs the appliance until it is told to stop (SIGTERM, SIGINT).",
    footer = {
      "",
      "A configuration, with the defaults of what may be left out:",
      "  store: dir:/srv/dr            # or azure:https://ACCOUNT.blob.core.windows.net",
      "  volume:",
      "    path: /var/lib/drva/log     # made with 'drva volume create'",
      "  listen: 127.0.0.1:7440        # host filters connect here",
      "  control: 127.0.0.1:7441       # control API and /metrics, loopback only",
      "  domains: [finance]            # assigned at start; more with PUT /v1/domains/NAME",
      "  segment: {size: 8MiB, age: 500ms}",
      "  uploads: 4",
      "  allowPlaintext: false         # true: 'listen' may be another than a loopback address",
      "",
      "Azure credentials come from the environment: AZURE_STORAGE_CONNECTION_STRING, or",
      "AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_KEY, or AZURE_STORAGE_SAS_TOKEN, or a file that is",
      "named by one of them with _FILE appended and may be replaced at any time; or",
      "AZURE_STORAGE_AUTH_MODE=login for the machine's managed identity.",
    })
final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "Configuration (YAML).")
  private Path config;

  @Override
  public Integer call() throws Exception {
    ApplianceConfig settings = ConfigFile.read(config);
    logWhatIsDone();
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Appliance appliance = Appliance.start(settings, System.getenv(), Platform.SYSTEM)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(
          "listening on " + appliance.address() + ", control API on " + appliance.controlAddress());
      out.flush();
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(stop, stopped)));
      stop.await();
    } finally {
      stopped.countDown();
    }
    return 0;
  }

  /**
   * On the way out of the process: has the appliance stop in order, and then ends the process with
   * success, as a service manager expects, and not with the number of the signal.
   */
  private static void stop(CountDownLatch stop, CountDownLatch stopped) {
    stop.countDown();
    try {
      stopped.await();
      Runtime.getRuntime().halt(0);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A service tells what it does; other commands only what is wrong. DRVA_LOG_LEVEL overrides both.
   */
  private static void logWhatIsDone() {
    if (System.getenv("DRVA_LOG_LEVEL") == null
        && LoggerFactory.getLogger("io.drva") instanceof Logger logger) {
      logger.setLevel(Level.INFO);
    }
  }
}
