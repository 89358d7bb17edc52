package io.drva.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockTraceTest {
  private static final String GOOD = "time_us,op,lba,bytes\n0,W,8,512\n5,R,0,4096\n7,W,2047,1024\n";

  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("trace.csv"), text);
  }

  private static void assertGood(BlockTrace trace) {
    assertEquals(2, trace.writes());
    assertEquals(1536, trace.bytesWritten());
    assertEquals(2 << 20, trace.capacityBytes());
    assertEquals(7, trace.timeMicros(1));
    assertEquals(2047 * 512, trace.offsetBytes(1));
    assertEquals(1024, trace.lengthBytes(1));
  }

  @Test
  void readsPlain() throws Exception {
    assertGood(BlockTrace.read(file(GOOD)));
  }

  @Test
  void readsGzip() throws Exception {
    Path file = folder.resolve("trace.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(GOOD.getBytes(StandardCharsets.UTF_8));
    }
    assertGood(BlockTrace.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          time,op,lba,bytes;0,W,8,512              | :1: expected the header
          time_us,op,lba,bytes;0,W,8               | :2: expected 4 columns
          time_us,op,lba,bytes;0,W,x,512           | :2: lba must be a whole number
          time_us,op,lba,bytes;0,W,8,511           | :2: bytes must be a positive multiple of 512
          time_us,op,lba,bytes;0,W,8,0             | :2: bytes must be a positive multiple of 512
          time_us,op,lba,bytes;0,W,8,2097152       | :2: bytes must be a whole number from 0 to 1048576
          time_us,op,lba,bytes;0,X,8,512           | :2: op must be W or R
          time_us,op,lba,bytes;9,W,8,512;8,W,8,512 | :3: time_us 8 is earlier
          time_us,op,lba,bytes;9,R,8,512           | : the trace has no writes
          """)
  void namesFileAndLineOfAMistake(String lines, String expected) throws IOException {
    Path file = file(lines.strip().replace(";", "\n"));
    InvalidTraceException e =
        assertThrows(InvalidTraceException.class, () -> BlockTrace.read(file));
    assertTrue(e.getMessage().startsWith(file + expected.strip()), e.getMessage());
  }

  @Test
  void tellsOfDamagedGzip() throws Exception {
    Path file = folder.resolve("trace.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(GOOD.getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 9));
    assertThrows(InvalidTraceException.class, () -> BlockTrace.read(file));
  }
}
