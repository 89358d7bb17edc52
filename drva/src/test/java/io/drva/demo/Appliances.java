package io.drva.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Starts processes with the JVM options of the product, from the classes under test. */
final class Appliances {
  private Appliances() {}

  /**
   * The appliance, as its launcher starts it. The first line of its standard output says that it
   * listens.
   */
  static Process start(Path config) throws IOException {
    return java("io.drva.cli.Main", "serve", "--config", config.toString());
  }

  static Process java(String mainClass, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + jvmOptions());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(mainClass);
    Collections.addAll(command, arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static Path jvmOptions() {
    Path file = Path.of("deploy", "jvm.options").toAbsolutePath();
    return Files.exists(file) ? file : Path.of("..", "deploy", "jvm.options").toAbsolutePath();
  }
}
