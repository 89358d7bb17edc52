package io.drva.powercut;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A virtual machine under QEMU, from power on to power off. */
final class Machine implements AutoCloseable {
  /** Where the machine's ports are reached from, and where it reaches this host. */
  static final String HOST_SEEN_BY_MACHINE = "10.0.2.2";

  private static final int PORT = 7440;
  private static final int PROCESSORS = 2;
  private static final int MEMORY_MIB = 1280;
  private static final int PROBE_SECONDS_MAX = 20;

  /** What the appliance says when it finds its log damaged. */
  private static final Pattern REFUSED =
      Pattern.compile("domain \\S+: \\S+ -> FAILED \\(cannot be taken up");

  /** What is said when the appliance fails later, or the machine does. */
  private static final Pattern FAILED =
      Pattern.compile(
          "machine: (cannot|drva ended)|-> FAILED|Kernel panic|I/O error"
              + "|(EXT4-fs|JBD2|XFS).*([Ee]rror|[Cc]orrupt)");

  private record Awaited(Pattern line, CompletableFuture<String> seen) {}

  private final Process qemu;
  private final CompletableFuture<Void> reading;
  private final CompletableFuture<String> refused = new CompletableFuture<>();

  /** Guarded by itself. */
  private final List<Awaited> awaited = new ArrayList<>();

  private Machine(Process qemu, Path console) {
    this.qemu = qemu;
    this.reading =
        CompletableFuture.runAsync(
            () -> read(console), Thread.ofPlatform().name("console").daemon()::start);
  }

  /**
   * @param image has {@code vmlinuz} and {@code initrd.img}
   * @param accelerator QEMU's name for it
   * @param disk null for none
   * @param port of this host that leads to the appliance; 0 for none
   * @param environment of the machine's first program
   * @param console a new file for what the machine prints
   */
  static Machine boot(
      Path image,
      String accelerator,
      NbdServer disk,
      int port,
      Map<String, String> environment,
      Path console)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "qemu-system-x86_64",
                "-nodefaults",
                "-no-user-config",
                "-no-reboot",
                "-display",
                "none",
                "-serial",
                "stdio",
                "-accel",
                accelerator,
                "-cpu",
                "max",
                "-smp",
                String.valueOf(PROCESSORS),
                "-m",
                String.valueOf(MEMORY_MIB),
                "-kernel",
                image.resolve("vmlinuz").toString(),
                "-initrd",
                image.resolve("initrd.img").toString(),
                "-append",
                commandLine(environment),
                "-nic",
                "user,model=virtio-net-pci"
                    + (port == 0 ? "" : ",hostfwd=tcp:127.0.0.1:" + port + "-:" + PORT)));
    if (disk != null) {
      command.addAll(
          List.of(
              "-blockdev",
              "driver=nbd,node-name=volume,server.type=inet,server.host=127.0.0.1,server.port="
                  + disk.port(),
              "-device",
              "virtio-blk-pci,drive=volume,write-cache=on,logical_block_size=%d,physical_block_size=%d"
                  .formatted(VolatileDisk.SECTOR_BYTES, VolatileDisk.SECTOR_BYTES)));
    }
    Process qemu = new ProcessBuilder(command).redirectErrorStream(true).start();
    qemu.getOutputStream().close();
    return new Machine(qemu, console);
  }

  private static String commandLine(Map<String, String> environment) {
    StringBuilder line = new StringBuilder("console=ttyS0 quiet panic=-1");
    environment.forEach((name, value) -> line.append(' ' + name + "=\"" + value + '"'));
    return line.toString();
  }

  /** KVM if a machine boots with it, else software emulation. */
  static String accelerator(Path image, Path folder) throws IOException, InterruptedException {
    if (!Files.isWritable(Path.of("/dev/kvm"))) {
      return "tcg";
    }
    try (Machine probe =
        boot(image, "kvm", null, 0, Map.of("MODE", "probe"), folder.resolve("probe.log"))) {
      return probe.qemu.waitFor(PROBE_SECONDS_MAX, TimeUnit.SECONDS)
              && Files.readString(folder.resolve("probe.log")).contains("machine: works")
          ? "kvm"
          : "tcg";
    }
  }

  private void read(Path console) {
    String last = "it printed nothing";
    try (BufferedReader out = qemu.inputReader(UTF_8);
        Writer file = Files.newBufferedWriter(console)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        file.write(line + "\n");
        file.flush();
        last = line.isBlank() ? last : line;
        if (REFUSED.matcher(line).find()) {
          refused.complete(line);
        } else if (FAILED.matcher(line).find()) {
          refused.completeExceptionally(new IOException(line));
        }
        see(line);
      }
      refused.completeExceptionally(new IOException("the machine ended, its last words: " + last));
    } catch (IOException e) {
      refused.completeExceptionally(e);
    }
  }

  private void see(String line) {
    synchronized (awaited) {
      awaited.removeIf(a -> a.line.matcher(line).find() && a.seen.complete(line));
    }
  }

  /** The first line from now on in which the pattern is found. */
  CompletableFuture<String> line(String pattern) {
    CompletableFuture<String> seen = new CompletableFuture<>();
    synchronized (awaited) {
      awaited.add(new Awaited(Pattern.compile(pattern), seen));
    }
    return seen;
  }

  /**
   * Completes, with what was said, when the appliance does not take the domain up again; fails when
   * it or the machine fails otherwise.
   */
  CompletableFuture<String> refused() {
    return refused;
  }

  /** The power is gone: no instruction is executed any more. */
  void kill() {
    // Not through Process, which would close the pipe before it is read to its end.
    qemu.toHandle().destroyForcibly();
    qemu.onExit().join();
    reading.join();
  }

  @Override
  public void close() {
    kill();
  }
}
