package io.drva.kill;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One run of the appliance's process, from its start to its end. */
final class Life {
  private static final Pattern LISTENING =
      Pattern.compile("listening on \\S+, control API on \\S+:(\\d+)");

  private static final String TRACER = "TracerPid:";

  private final Process process;
  private final CompletableFuture<Integer> listening = new CompletableFuture<>();
  private final CompletableFuture<Held> held = new CompletableFuture<>();
  private final CompletableFuture<Void> silent;

  private Life(Process process) {
    this.process = process;
    silent = read(process, "java");
  }

  /**
   * Starts {@code drva serve}.
   *
   * @param tracer what holds it somewhere; empty for nothing
   * @param errors where its standard error goes
   */
  static Life begin(Program program, List<String> tracer, Path config, Path errors)
      throws IOException {
    List<String> command = new ArrayList<>(tracer);
    command.addAll(program.command("serve", "--config", config.toString()));
    return new Life(
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.to(errors.toFile()))
            .start());
  }

  /** Takes what a process prints, until it is gone. */
  private CompletableFuture<Void> read(Process printing, String thread) {
    Strace strace = new Strace(thread);
    return CompletableFuture.runAsync(
        () ->
            printing
                .inputReader(UTF_8)
                .lines()
                .forEach(
                    line -> {
                      Matcher address = LISTENING.matcher(line);
                      if (address.find()) {
                        listening.complete(Integer.parseInt(address.group(1)));
                      }
                      strace.read(line).ifPresent(held::complete);
                    }),
        task -> Thread.ofPlatform().daemon().name("life").start(task));
  }

  /** Has one of the threads held that a kill aims at. */
  void hold(Kill kill) throws IOException {
    String name = kill.target().threads;
    var _ =
        read(
            new ProcessBuilder(Strace.attaching(kill, threads(name)))
                .redirectErrorStream(true)
                .start(),
            name);
  }

  /** The system's numbers of the threads whose names begin so. */
  private List<String> threads(String name) throws IOException {
    List<String> threads = new ArrayList<>();
    for (Path thread : proc("task")) {
      if (text(thread.resolve("comm")).startsWith(name)) {
        threads.add(thread.getFileName().toString());
      }
    }
    return threads;
  }

  /** What the system shows of the process, in a folder; nothing when it is gone. */
  private List<Path> proc(String name) throws IOException {
    Path folder = Path.of("/proc", Long.toString(process.pid()), name);
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (NoSuchFileException _) {
      return List.of();
    }
  }

  /** The text of a file of a thread or process, empty when that is gone. */
  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException _) {
      return "";
    }
  }

  /** Its control port, once it listens. */
  CompletableFuture<Integer> listening() {
    return listening;
  }

  /** Where a thread of it is held, once one is. */
  CompletableFuture<Held> held() {
    return held;
  }

  CompletableFuture<Process> ended() {
    return process.onExit();
  }

  /** Files below a folder that are deleted and that the process still has open or mapped. */
  List<String> deletedFiles(Path folder) throws IOException {
    Stream<String> mapped = text(Path.of("/proc", Long.toString(process.pid()), "maps")).lines();
    Stream<String> open = proc("fd").stream().map(Life::target);
    return Stream.concat(mapped, open)
        .filter(file -> file.contains(folder.toString()) && file.endsWith(" (deleted)"))
        .toList();
  }

  /** What a descriptor stands for, empty when it has been closed. */
  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException _) {
      return "";
    }
  }

  /** Kills it, and waits until it is gone. */
  void kill() throws IOException {
    Set<ProcessHandle> tracers = tracers();
    process.toHandle().destroyForcibly(); // Process itself would close what is still to be read.
    // strace does not get over the death of a thread that it holds.
    tracers.forEach(ProcessHandle::destroyForcibly);
    process.onExit().join();
    silent.join();
  }

  private Set<ProcessHandle> tracers() throws IOException {
    return proc("task").stream()
        .flatMap(thread -> text(thread.resolve("status")).lines())
        .filter(line -> line.startsWith(TRACER))
        .map(line -> Long.parseLong(line.substring(TRACER.length()).strip()))
        .flatMap(tracer -> ProcessHandle.of(tracer).stream())
        .collect(Collectors.toSet());
  }

  /** Tells it to stop, and waits until it has. */
  int stop() throws InterruptedException {
    process.destroy();
    return process.waitFor();
  }
}
