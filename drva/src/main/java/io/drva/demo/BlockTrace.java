package io.drva.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The writes of a block trace ({@code time_us,op,lba,bytes}, plain or gzip), in order, held as
 * arrays.
 */
final class BlockTrace {
  private static final String HEADER = "time_us,op,lba,bytes";
  private static final long OFFSET_BYTES_MAX = 1L << 46;
  private static final int WRITE_BYTES_MAX = 1 << 20;
  private static final long CAPACITY_UNIT_BYTES = 1 << 20;

  private long[] timesMicros = new long[1024];
  private long[] offsetsBytes = new long[1024];
  private int[] lengthsBytes = new int[1024];
  private int writes;
  private long endBytes;
  private long bytesWritten;

  private BlockTrace() {}

  static BlockTrace read(Path file) throws IOException, InvalidTraceException {
    if (Files.isDirectory(file)) {
      throw new InvalidTraceException(file, 0, "is a folder, not a trace");
    }
    BlockTrace trace = new BlockTrace();
    try (PushbackInputStream in = new PushbackInputStream(Files.newInputStream(file), 2);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(decompressed(in), StandardCharsets.UTF_8), 1 << 16)) {
      int number = 0;
      long previousMicros = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (number == 1) {
          if (!line.strip().equals(HEADER)) {
            throw new InvalidTraceException(file, 1, "expected the header '" + HEADER + "'");
          }
        } else {
          previousMicros = trace.add(file, number, line, previousMicros);
        }
      }
    } catch (java.util.zip.ZipException | java.io.EOFException e) {
      throw new InvalidTraceException(file, 0, "the gzip data is damaged: " + e.getMessage());
    }
    if (trace.writes == 0) {
      throw new InvalidTraceException(file, 0, "the trace has no writes");
    }
    return trace;
  }

  private static InputStream decompressed(PushbackInputStream in) throws IOException {
    byte[] magic = in.readNBytes(2);
    in.unread(magic);
    boolean gzip = magic.length == 2 && (magic[0] & 0xFF) == 0x1F && (magic[1] & 0xFF) == 0x8B;
    return gzip ? new GZIPInputStream(in, 1 << 16) : in;
  }

  private long add(Path file, int number, String line, long previousMicros)
      throws InvalidTraceException {
    String[] columns = line.split(",", -1);
    if (columns.length != 4) {
      throw new InvalidTraceException(
          file, number, "expected 4 columns (" + HEADER + "), found " + columns.length);
    }
    long timeMicros = parse(file, number, "time_us", columns[0], Long.MAX_VALUE);
    if (timeMicros < previousMicros) {
      throw new InvalidTraceException(
          file, number, "time_us " + timeMicros + " is earlier than the line before it");
    }
    String op = columns[1].strip();
    if (op.equals("W")) {
      long lba = parse(file, number, "lba", columns[2], OFFSET_BYTES_MAX / Payload.SECTOR_BYTES);
      int length = (int) parse(file, number, "bytes", columns[3], WRITE_BYTES_MAX);
      if (length == 0 || length % Payload.SECTOR_BYTES != 0) {
        throw new InvalidTraceException(
            file, number, "bytes must be a positive multiple of 512, found " + length);
      }
      append(timeMicros, lba * Payload.SECTOR_BYTES, length);
    } else if (!op.equals("R")) {
      throw new InvalidTraceException(file, number, "op must be W or R, found '" + op + "'");
    }
    return timeMicros;
  }

  private void append(long timeMicros, long offsetBytes, int lengthBytes) {
    if (writes == timesMicros.length) {
      timesMicros = Arrays.copyOf(timesMicros, writes * 2);
      offsetsBytes = Arrays.copyOf(offsetsBytes, writes * 2);
      lengthsBytes = Arrays.copyOf(lengthsBytes, writes * 2);
    }
    timesMicros[writes] = timeMicros;
    offsetsBytes[writes] = offsetBytes;
    lengthsBytes[writes] = lengthBytes;
    writes++;
    bytesWritten += lengthBytes;
    endBytes = Math.max(endBytes, offsetBytes + lengthBytes);
  }

  private static long parse(Path file, int line, String column, String text, long max)
      throws InvalidTraceException {
    try {
      long value = Long.parseLong(text.strip());
      if (value >= 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below, like a value out of range.
    }
    throw new InvalidTraceException(
        file, line, column + " must be a whole number from 0 to " + max + ", found '" + text + "'");
  }

  int writes() {
    return writes;
  }

  long bytesWritten() {
    return bytesWritten;
  }

  /** The smallest disk of whole MiB that holds every write. */
  long capacityBytes() {
    return (endBytes + CAPACITY_UNIT_BYTES - 1) / CAPACITY_UNIT_BYTES * CAPACITY_UNIT_BYTES;
  }

  long timeMicros(int write) {
    return timesMicros[write];
  }

  long offsetBytes(int write) {
    return offsetsBytes[write];
  }

  int lengthBytes(int write) {
    return lengthsBytes[write];
  }
}
