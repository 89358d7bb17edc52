package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/**
 * One run of the command line, in this process. However it ended, it showed no stack trace.
 *
 * @param out what it printed on standard output
 * @param err what it said on standard error
 */
record Cli(int exitCode, String out, String err) {
  static Cli run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Main.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    assertFalse((out.toString() + err).contains("\tat "), () -> out.toString() + err);
    return new Cli(exitCode, out.toString(), err.toString());
  }

  /** Runs what must succeed, and returns its standard output. */
  static String succeed(String... arguments) {
    Cli run = run(arguments);
    assertEquals(0, run.exitCode, run::toString);
    assertEquals("", run.err);
    return run.out;
  }

  static JsonNode json(String... arguments) throws IOException {
    return new ObjectMapper().readTree(succeed(arguments));
  }

  /** Runs what must fail in one line on standard error, and returns that line. */
  static String fail(int exitCode, String... arguments) {
    Cli run = run(arguments);
    assertEquals(exitCode, run.exitCode, run::toString);
    assertEquals("", run.out);
    List<String> lines = run.err.lines().toList();
    assertEquals(1, lines.size(), run.err);
    assertTrue(run.err.startsWith("drva: "), run.err);
    return lines.getFirst();
  }
}
