package io.drva.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is delivered: the jars, and the launcher with the runtime that it carries. */
class DistributionIT {
  /** Class files that only a test has, or that must not be there at all. */
  private static final List<String> FOREIGN =
      List.of(
          "org/junit/",
          "org/opentest4j/",
          "org/apiguardian/",
          "com/tngtech/archunit/",
          "org/openjdk/jmh/",
          "org/mockito/",
          "org/hamcrest/",
          "org/assertj/",
          "net/openhft/chronicle/analytics/");

  @TempDir Path folder;

  private static List<Path> jars() throws IOException {
    try (Stream<Path> files = Files.list(Distribution.HOME.resolve("lib"))) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    }
  }

  private static List<String> names() throws IOException {
    return jars().stream().map(jar -> jar.getFileName().toString()).toList();
  }

  @Test
  void carriesNothingThatIsBanned() throws IOException {
    List<String> names = names();
    assertFalse(names.isEmpty());
    assertEquals(
        List.of(), names.stream().filter(name -> name.startsWith("chronicle-analytics")).toList());
    assertEquals(List.of(), names.stream().filter(name -> name.endsWith("-tests.jar")).toList());
    assertEquals(1, names.stream().filter(name -> name.contains("lz4")).count(), names::toString);
    assertEquals(
        1,
        names.stream().filter(name -> name.startsWith("lz4-java-1.13.")).count(),
        names::toString);
    for (Path jar : jars()) {
      try (JarFile opened = new JarFile(jar.toFile())) {
        List<String> foreign =
            opened.stream()
                .map(ZipEntry::getName)
                .filter(
                    entry ->
                        FOREIGN.stream().anyMatch(entry::startsWith)
                            || entry.startsWith("META-INF/maven/org.lz4/"))
                .toList();
        assertEquals(List.of(), foreign, jar::toString);
      }
    }
  }

  /**
   * The facade of Chronicle's analytics stays, mute; nothing by that name may reach the network.
   */
  @Test
  void carriesNoAnalyticsThatPosts() throws IOException {
    List<String> posting = new ArrayList<>();
    int looked = 0;
    for (Path jar : jars()) {
      try (JarFile opened = new JarFile(jar.toFile())) {
        for (ZipEntry entry : Collections.list(opened.entries())) {
          String name = entry.getName();
          if (name.startsWith("net/openhft/")
              && name.contains("nalytics")
              && name.endsWith(".class")) {
            looked++;
            // A class that is used is named in the constant pool.
            String constants =
                new String(
                    opened.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
            if (constants.contains("java/net/")
                || constants.contains("http://")
                || constants.contains("https://")) {
              posting.add(jar.getFileName() + ": " + name);
            }
          }
        }
      }
    }
    assertTrue(looked > 0, "the facade is gone: this test looks for the wrong names");
    assertEquals(List.of(), posting);
  }

  @Test
  void tellsItsVersionAndFormats() throws Exception {
    String version = Distribution.in(folder, Map.of()).succeed("--version").out().strip();
    assertTrue(version.matches("drva .+, protocol 1, object format 1"), version);
  }

  @Test
  void runsTheDemoOnItsOwnRuntimeThroughASymlink() throws Exception {
    Distribution distribution = Distribution.in(folder, Map.of());
    Path direct = Files.createSymbolicLink(folder.resolve("direct"), Distribution.LAUNCHER);
    Path indirect = Files.createSymbolicLink(folder.resolve("drva"), direct.getFileName());
    Distribution.Run run =
        distribution
            .through(indirect)
            .succeed("demo", "--total", "8MiB", "--disk-size", "4MiB", "--json");
    Files.delete(direct);
    JsonNode report = new ObjectMapper().readTree(run.out());
    assertTrue(report.get("verified").asBoolean(), report::toString);
    assertEquals("", run.err(), "a progress bar is for a terminal");
  }

  @Test
  void passesArgumentsAndExitCodesOn() throws Exception {
    Distribution.Run run =
        Distribution.in(folder, Map.of())
            .run("verify", "--store", "dir:a store", "--domain", "trial");
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals("", run.out());
    assertTrue(run.err().contains("a store"), run.err());
  }
}
