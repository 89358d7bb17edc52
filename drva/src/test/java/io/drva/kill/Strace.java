package io.drva.kill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Holds a thread of the appliance at a system call, from outside: {@code strace} stops it at the
 * chosen call, before it (the kernel then skips the call) or after it, says so, and would let it go
 * on much later. Meanwhile the other threads run. Whoever reads that kills the process, so the held
 * thread never gets an answer.
 */
final class Strace {
  /** For those who do not have it. */
  static final String MISSING =
      "strace cannot be used here: apt-get install strace (version 6 or later), and allow ptrace";

  private static final long HELD_MICROS = 3_600_000_000L;

  /**
   * {@code PID<THREAD> CALL(ARGUMENTS) = RESULT}, or the two parts of it. The thread is left out if
   * there is but one.
   */
  private static final Pattern LINE =
      Pattern.compile("(?:(\\d+)<(.*?)> )?(?:<\\.\\.\\. )?(\\w+)(?:\\(| resumed>)(.*)");

  private static final String UNFINISHED = "<unfinished ...>";

  /** The thread of lines that name none. */
  private final String onlyThread;

  /** The first parts of lines whose second parts are still to come, by thread. */
  private final Map<String, String> unfinished = new HashMap<>();

  /**
   * @param onlyThread what the thread is called if there is but one
   */
  Strace(String onlyThread) {
    this.onlyThread = onlyThread;
  }

  static boolean isThere() throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  "strace", "--follow-forks", "--seccomp-bpf", "--decode-pids=comm", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException _) {
      return false;
    }
  }

  /**
   * What goes before a command, so that its process is held; that process stays the child of
   * whoever starts it. Of the process's calls only those of the chosen kind are stopped, by a
   * filter in the kernel.
   *
   * @param files only calls on one of these count; empty for all
   */
  static List<String> launching(Kill kill, List<Path> files) {
    List<String> command = command(kill);
    files.forEach(file -> command.add("--trace-path=" + file));
    command.add("--follow-forks");
    command.add("--seccomp-bpf");
    command.add("-qq");
    command.add("-D");
    return command;
  }

  /** Holds one of these threads. */
  static List<String> attaching(Kill kill, List<String> threads) {
    List<String> command = command(kill);
    threads.forEach(thread -> command.add("--attach=" + thread));
    return command;
  }

  private static List<String> command(Kill kill) {
    String call = kill.target().call;
    return new ArrayList<>(
        List.of(
            "strace",
            "--decode-pids=comm",
            "--decode-fds=path",
            "--string-limit=0",
            "--output=/dev/stdout",
            "--signal=none",
            "--trace=" + call,
            "--inject=%s:%sdelay_exit=%d:when=%d"
                .formatted(call, kill.done() ? "" : "error=EIO:", HELD_MICROS, kill.nth())));
  }

  /** Takes a line of output; says whether by it a thread is held. */
  Optional<Held> read(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String thread = matcher.group(1);
    String arguments = matcher.group(4);
    if (arguments.endsWith(UNFINISHED)) {
      unfinished.put(thread, arguments);
      return Optional.empty();
    }
    String begun = unfinished.remove(thread);
    return arguments.endsWith("(DELAYED)")
        ? Optional.of(
            new Held(
                Objects.requireNonNullElse(matcher.group(2), onlyThread),
                matcher.group(3),
                begun == null ? arguments : begun + arguments,
                !arguments.contains("(INJECTED)")))
        : Optional.empty();
  }
}
