package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariant 3: a process killed at any instruction loses nothing that was forced. */
class CrashTest {

  private static final int ROUNDS = 10;
  private static final int FORCES_MAX = 400;

  @TempDir Path directory;

  private final Records records = new Records(CrashChild.DATA_BYTES_MAX);

  @Test
  void everythingForcedIsThereAfterSigkill() throws Exception {
    Random random = Seeds.random("crash");
    long lastLsnBefore = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long forced = runAndKill(random.nextLong(), random.nextInt(FORCES_MAX));
      try (LogVolume volume = TestVolumes.open(directory, CrashChild.SIZE)) {
        DomainLog log = volume.openDomain(CrashChild.DOMAIN, new RecordingListener());
        assertTrue(log.lastLsn() >= forced, () -> "forced " + forced + " but " + log.lastLsn());
        assertTrue(log.lastLsn() >= lastLsnBefore);
        assertTrue(log.firstLsn() <= Math.max(1, log.lastLsn() - CrashChild.RETAINED_RECORDS));
        check(log);
        lastLsnBefore = log.lastLsn();
      }
    }
  }

  private void check(DomainLog log) throws IOException {
    try (LogReader reader = log.reader(log.firstLsn())) {
      for (long lsn = log.firstLsn(); lsn <= log.lastLsn(); lsn++) {
        assertTrue(reader.next());
        assertEquals(lsn, reader.lsn());
        if (lsn >= Records.FIRST_EXTENT_LSN) {
          records.check(reader);
        }
      }
      assertFalse(reader.next());
    }
    if (log.lastLsn() >= Records.FIRST_EXTENT_LSN) {
      assertEquals(log.lastLsn() - Records.FIRST_EXTENT_LSN + 1, log.hosts().getFirst().lastSeq());
    }
  }

  /** Runs the child until it has reported so many forces, kills it; the highest LSN it printed. */
  private long runAndKill(long seed, int forces) throws IOException, InterruptedException {
    Process child = ChildJvm.start(CrashChild.class, directory.toString(), Long.toString(seed));
    long forced = 0;
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      List<String> other = new ArrayList<>();
      int seen = 0;
      String line;
      while (seen <= forces && (line = output.readLine()) != null) {
        if (line.startsWith(CrashChild.FORCED)) {
          forced = Long.parseLong(line.substring(CrashChild.FORCED.length()));
          seen++;
        } else {
          other.add(line);
        }
      }
      assertTrue(seen > forces, () -> "the child ended by itself: " + other);
      // SIGKILL; not the Process's own method, which closes the output with it.
      child.toHandle().destroyForcibly();
      forced = Math.max(forced, drain(output));
    } finally {
      child.destroyForcibly().waitFor();
    }
    return forced;
  }

  /** What the child printed between our last look and its death; the last line may be cut. */
  private static long drain(BufferedReader output) throws IOException {
    StringBuilder rest = new StringBuilder();
    char[] chunk = new char[4096];
    for (int count; (count = output.read(chunk)) > 0; ) {
      rest.append(chunk, 0, count);
    }
    int complete = rest.lastIndexOf("\n");
    long forced = 0;
    for (String line : rest.substring(0, Math.max(complete, 0)).split("\n", -1)) {
      if (line.startsWith(CrashChild.FORCED)) {
        forced = Long.parseLong(line.substring(CrashChild.FORCED.length()));
      }
    }
    return forced;
  }
}
