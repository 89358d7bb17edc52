package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts a class of the tests in a JVM of its own, with the flags that this one has. */
final class ChildJvm {

  private ChildJvm() {}

  static Process start(Class<?> main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + jvmOptions());
    command.add("-Xmx256m");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** deploy/jvm.options of the checkout that the tests run in. */
  private static Path jvmOptions() {
    Path folder = Path.of("").toAbsolutePath();
    while (!folder.resolve("deploy/jvm.options").toFile().exists()) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("no deploy/jvm.options above the working directory");
      }
    }
    return folder.resolve("deploy/jvm.options");
  }
}
