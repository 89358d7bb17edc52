package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nothing is allocated per write between the socket and the object store: what is allocated is per
 * socket read, per force, per log file or per segment, and so a few bytes for each write.
 */
class ServerAllocationTest {
  /** 16 bytes, the smallest object, for every write would be an allocation per write. */
  private static final double BYTES_PER_WRITE_MAX = 12;

  private static final int KINDS = 6;

  @TempDir Path folder;

  @Test
  void nothingPerWrite() throws Exception {
    Process process = Appliances.java(ServerAllocation.class.getName(), folder.toString());
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    List<String> lines = output.lines().toList();
    assertEquals(KINDS, lines.size(), output);
    for (String line : lines) {
      System.out.println("allocated per write: " + line);
      double bytes = Double.parseDouble(line.substring(line.indexOf(' ') + 1));
      assertTrue(bytes < BYTES_PER_WRITE_MAX, line);
    }
  }
}
