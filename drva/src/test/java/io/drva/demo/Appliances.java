package io.drva.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Starts the appliance as a process of its own, as its launcher does, from the classes under test.
 */
final class Appliances {
  private Appliances() {}

  /** The first line of its standard output says that it listens. */
  static Process start(Path config) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + jvmOptions(),
                "-Xmx256m",
                "-XX:MaxDirectMemorySize=384m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.drva.cli.Main",
                "serve",
                "--config",
                config.toString()))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static Path jvmOptions() {
    Path file = Path.of("deploy", "jvm.options").toAbsolutePath();
    return Files.exists(file) ? file : Path.of("..", "deploy", "jvm.options").toAbsolutePath();
  }
}
