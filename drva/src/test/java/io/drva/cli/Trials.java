package io.drva.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A container that a small demo made, for tests to read, copy and damage. */
final class Trials {
  static final String DOMAIN = "trial";
  static final List<String> IMAGES =
      List.of(
          "vm1_disk0.raw",
          "vm1_disk1.raw",
          "vm1_disk2.raw",
          "vm2_disk0.raw",
          "vm2_disk1.raw",
          "vm2_disk2.raw");
  static final long DISK_BYTES = 4 << 20;

  private Trials() {}

  static String[] demo(Path store, String... more) {
    return with(
        List.of(
            "demo",
            "--store",
            "dir:" + store,
            "--domain",
            DOMAIN,
            "--total",
            "8MiB",
            "--disk-size",
            "4MiB",
            "--json"),
        more);
  }

  /** At a pace at which segments are sealed by age: the chain has several. */
  static void makeChain(Path store) {
    var _ = Cli.succeed(demo(store, "--rate", "5MiB"));
  }

  /** A command on the container in a store. */
  static String[] on(Path store, String command, String... more) {
    return with(List.of(command, "--store", "dir:" + store, "--domain", DOMAIN), more);
  }

  static String[] with(List<String> first, String... more) {
    return Stream.concat(first.stream(), Arrays.stream(more)).toArray(String[]::new);
  }

  /** The chain's objects, in order. */
  static List<Path> chain(Path store) throws IOException {
    try (Stream<Path> objects = Files.list(store.resolve(DOMAIN).resolve("chain"))) {
      return objects.sorted().toList();
    }
  }

  static Path copy(Path store, Path to) throws IOException {
    try (Stream<Path> found = Files.walk(store)) {
      for (Path path : found.toList()) {
        Path target = to.resolve(store.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
    return to;
  }

  /** Files below a folder, relative to it, in order; none when there is no such folder. */
  static List<String> files(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    if (Files.exists(folder)) {
      try (Stream<Path> found = Files.walk(folder)) {
        found
            .filter(Files::isRegularFile)
            .sorted()
            .forEach(file -> names.add(folder.relativize(file).toString()));
      }
    }
    return names;
  }
}
