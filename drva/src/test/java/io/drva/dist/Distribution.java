package io.drva.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The distribution as an operator has it: started through {@code bin/drva}, where neither {@code
 * JAVA_HOME} nor the path leads to a Java, in a working directory of its own.
 */
final class Distribution {
  static final Path HOME = Path.of("target", "drva").toAbsolutePath();
  static final Path LAUNCHER = HOME.resolve("bin").resolve("drva");

  private static final int RUN_MINUTES_MAX = 2;

  /** What the launcher itself calls. */
  private static final List<String> PROGRAMS = List.of("dirname", "readlink");

  private final Path folder;
  private final Path programs;
  private final Path launcher;
  private final Map<String, String> environment;
  private int runs;

  /** One run to its end. It showed no stack trace, unless it was told to log more. */
  record Run(int exitCode, String out, String err) {}

  private Distribution(Path folder, Path programs, Path launcher, Map<String, String> environment) {
    this.folder = folder;
    this.programs = programs;
    this.launcher = launcher;
    this.environment = Map.copyOf(environment);
  }

  /**
   * @param folder a new one, for the working directory and what is printed
   */
  static Distribution in(Path folder, Map<String, String> environment) throws IOException {
    Path programs = Files.createDirectory(folder.resolve("programs"));
    for (String program : PROGRAMS) {
      Path script =
          Files.writeString(
              programs.resolve(program), "#!/bin/sh\nexec " + find(program) + " \"$@\"\n");
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    return new Distribution(folder, programs, LAUNCHER, environment);
  }

  private static Path find(String program) throws IOException {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IOException(program + " is not on the path"));
  }

  /** The same, started through another name of the launcher. */
  Distribution through(Path other) {
    return new Distribution(folder, programs, other, environment);
  }

  /** The process, its standard output a pipe and its standard error in {@link #errors}. */
  Process start(String... arguments) throws IOException {
    return builder(arguments).redirectError(errors().toFile()).start();
  }

  Path errors() {
    return folder.resolve("errors.txt");
  }

  Run run(String... arguments) throws IOException, InterruptedException {
    int number = ++runs;
    Path out = folder.resolve("out-" + number + ".txt");
    Path err = folder.resolve("err-" + number + ".txt");
    Process process =
        builder(arguments).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertTrue(
          process.waitFor(RUN_MINUTES_MAX, TimeUnit.MINUTES),
          () -> "still running: " + Arrays.toString(arguments));
    } finally {
      process.destroyForcibly().waitFor();
    }
    Run run = new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    assertFalse(run.out.contains("\tat "), run::toString);
    assertTrue(
        environment.containsKey("DRVA_LOG_LEVEL") || !run.err.contains("\tat "), run::toString);
    return run;
  }

  Run succeed(String... arguments) throws IOException, InterruptedException {
    Run run = run(arguments);
    assertEquals(0, run.exitCode, run::toString);
    return run;
  }

  private ProcessBuilder builder(String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.environment().putAll(environment);
    return builder;
  }
}
