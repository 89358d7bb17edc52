package io.drva.kill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The program of the distribution as its launcher starts it, but on a JVM that does not optimize
 * for a life of a second, and that finds its classes as an earlier run has left them.
 */
final class Program {
  private static final Path LIBRARIES = Path.of("target", "drva", "lib").toAbsolutePath();

  private final Path classes;
  private final String classPath;

  private Program(Path classes, String classPath) {
    this.classes = classes;
    this.classPath = classPath;
  }

  /**
   * Runs the demo once, which must succeed, and keeps the classes.
   *
   * @param folder where they are kept
   * @param replacing jars whose classes are found before those of the distribution
   */
  static Program prepare(Path folder, Path... replacing) throws IOException, InterruptedException {
    String classPath =
        Stream.concat(Stream.of(replacing), Stream.of(LIBRARIES.resolve("*")))
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    Program program = new Program(folder.resolve("classes.jsa"), classPath);
    Process demo =
        new ProcessBuilder(
                program.java(
                    "-XX:ArchiveClassesAtExit=", "demo", "--total", "1MiB", "--disk-size", "1MiB"))
            .redirectErrorStream(true)
            .start();
    String said = demo.inputReader(UTF_8).readAllAsString();
    if (demo.waitFor() != 0) {
      throw new IOException(said);
    }
    return program;
  }

  /** What starts it with these arguments. */
  List<String> command(String... arguments) {
    return java("-XX:SharedArchiveFile=", arguments);
  }

  private List<String> java(String use, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + LIBRARIES.resolve("jvm.options"),
                "-XX:TieredStopAtLevel=1",
                use + classes,
                "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off",
                "-cp",
                classPath,
                "io.drva.cli.Main"));
    command.addAll(List.of(arguments));
    return command;
  }
}
