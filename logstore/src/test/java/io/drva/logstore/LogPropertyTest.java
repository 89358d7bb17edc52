package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random appends, reads, releases and restarts of two domains on one volume. */
class LogPropertyTest {

  private static final int CYCLE_BYTES = 4 << 20;
  private static final VolumeSize SIZE = new VolumeSize(10L * CYCLE_BYTES, CYCLE_BYTES);
  private static final int STEPS = 8_000;

  @TempDir Path directory;

  private final Random random = Seeds.random("property");

  /** One domain as its user sees it. */
  private final class User {
    final String domain;
    final Records records = new Records(128 << 10);
    RecordingListener listener;
    DomainLog log;
    LogReader reader;
    long readLsn;
    long releasedLsn;

    User(String domain) {
      this.domain = domain;
    }

    void open(LogVolume volume) throws IOException {
      long lastLsn = log == null ? 0 : log.lastLsn();
      listener = new RecordingListener();
      log = volume.openDomain(domain, listener);
      assertEquals(lastLsn, log.lastLsn());
      assertEquals(lastLsn, log.forcedLsn());
      assertTrue(log.firstLsn() <= releasedLsn + 1);
      readLsn = Math.max(releasedLsn, log.firstLsn() - 1);
      reader = log.reader(readLsn + 1);
    }

    void append() throws IOException {
      if (log.lastLsn() == 0 && log.hasSpace(1024)) {
        Records.begin(log);
      }
      for (int i = random.nextInt(30); i > 0 && log.hasSpace(128 << 10); i--) {
        if (random.nextInt(4) == 0) {
          records.append(log);
        } else {
          records.appendToGroup(log);
        }
      }
    }

    void read() throws IOException {
      for (int i = random.nextInt(60); i > 0 && reader.next(); i--) {
        readLsn++;
        assertEquals(readLsn, reader.lsn());
        if (readLsn >= Records.FIRST_EXTENT_LSN) {
          records.check(reader);
        }
      }
    }

    void release() throws IOException {
      releasedLsn += random.nextLong(readLsn - releasedLsn + 1);
      log.release(releasedLsn);
      assertTrue(log.firstLsn() <= releasedLsn + 1);
    }

    void closeReader() throws IOException {
      reader.close();
      reader = log.reader(readLsn + 1);
    }

    void finish() throws Exception {
      log.flush();
      if (log.lastLsn() > log.forcedLsn()) {
        listener.awaitForced(log.lastLsn());
      }
      while (reader.next()) {
        readLsn++;
        assertEquals(readLsn, reader.lsn());
      }
      assertEquals(log.lastLsn(), readLsn);
      assertFalse(reader.next());
      reader.close();
    }
  }

  @Test
  void everyRecordComesBackInOrderWhateverHappens() throws Exception {
    User[] users = {new User("domain-a"), new User("domain-b")};
    LogVolume volume = TestVolumes.open(directory, SIZE);
    try {
      for (User user : users) {
        user.open(volume);
      }
      for (int step = 0; step < STEPS; step++) {
        User user = users[random.nextInt(users.length)];
        switch (random.nextInt(STEPS / 8) == 0 ? 9 : random.nextInt(8)) {
          case 0, 1 -> user.append();
          case 2, 3, 4, 5 -> user.read();
          case 6 -> user.release();
          case 7 -> user.closeReader();
          default -> {
            for (User each : users) {
              each.reader.close();
            }
            volume.close();
            volume = TestVolumes.open(directory, SIZE);
            for (User each : users) {
              each.open(volume);
            }
          }
        }
        assertTrue(volume.usedBytes() <= SIZE.sizeBytes());
      }
      for (User user : users) {
        user.finish();
      }
    } finally {
      volume.close();
    }
  }
}
