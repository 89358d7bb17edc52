package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import org.junit.jupiter.api.Assumptions;

/** Programs that tests need and that a machine may lack. */
public final class Programs {
  private Programs() {}

  /** Skips the test where a program is missing; fails where {@code CI=true}. */
  public static void require(String program) throws IOException, InterruptedException {
    boolean found;
    try {
      Process process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
      process.inputReader(UTF_8).readAllAsString();
      found = process.waitFor() == 0;
    } catch (IOException e) {
      found = false;
    }
    if (!found && "true".equals(System.getenv("CI"))) {
      throw new IOException(program + " is needed by this test and is not on the path");
    }
    Assumptions.assumeTrue(found, program + " is not on the path");
  }
}
