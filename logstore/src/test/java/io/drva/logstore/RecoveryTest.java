package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.logstore.VolumeFiles.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restart makes of torn ends and of damage. */
class RecoveryTest {

  private static final String DOMAIN = "domain-a";
  private static final int CYCLE_BYTES = 4 << 20;
  private static final VolumeSize SIZE = new VolumeSize(16L * CYCLE_BYTES, CYCLE_BYTES);

  @TempDir Path directory;

  private final Records records = new Records(64 << 10);
  private Path live;
  private Path crashed;
  private long forcedLsn;

  /** Leaves in {@code crashed} a volume of a process that was killed with unforced records. */
  private void crashWithUnforced(int forced, int unforced) throws Exception {
    live = directory.resolve("live");
    crashed = directory.resolve("crashed");
    FaultyDisk disk = new FaultyDisk();
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(live, SIZE, disk)) {
      DomainLog log = volume.openDomain(DOMAIN, listener);
      Records.begin(log);
      for (int i = 0; i < forced; i++) {
        records.append(log);
      }
      listener.awaitForced(log.lastLsn());
      forcedLsn = log.lastLsn();
      disk.gated = true;
      for (int i = 0; i < unforced; i++) {
        records.append(log);
      }
      assertEquals(forcedLsn, log.forcedLsn());
      VolumeFiles.copy(live, crashed);
      disk.gated = false;
      disk.pass(1);
    }
  }

  /** Opens the crashed volume, checks every record, appends more, and checks again. */
  private void opensWith(long lastLsn) throws IOException {
    for (int round = 0; round < 3; round++) {
      try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
        DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
        assertEquals(lastLsn + round * 10L, log.lastLsn());
        assertEquals(log.lastLsn(), log.forcedLsn());
        assertEquals(log.lastLsn() - 2, log.hosts().getFirst().lastSeq());
        try (LogReader reader = log.reader(Records.FIRST_EXTENT_LSN)) {
          for (long lsn = Records.FIRST_EXTENT_LSN; lsn <= log.lastLsn(); lsn++) {
            assertTrue(reader.next());
            assertEquals(lsn, reader.lsn());
            records.check(reader);
          }
          assertFalse(reader.next());
        }
        for (int i = 0; i < 10; i++) {
          records.append(log);
        }
      }
    }
  }

  private void isDamagedAt(Place place) {
    LogDamagedException damage =
        assertThrows(
            LogDamagedException.class,
            () -> {
              try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
                volume.openDomain(DOMAIN, new RecordingListener());
              }
            });
    assertEquals(place.file(), damage.file());
    assertEquals(place.position(), damage.offsetBytes());
    assertEquals(place.lsn(), damage.lsn());
    assertTrue(damage.getMessage().contains(place.file().toString()));
  }

  @Test
  void everythingThatReachedThePageCacheIsKept() throws Exception {
    crashWithUnforced(100, 20);
    opensWith(122);
  }

  @Test
  void tornEndIsAcceptedWhereverItIs() throws Exception {
    Random random = Seeds.random("tornEnd");
    crashWithUnforced(100, 20);
    Path pristine = crashed;
    for (int round = 0; round < 20; round++) {
      crashed = directory.resolve("torn-" + round);
      VolumeFiles.copy(pristine, crashed);
      long lsn = forcedLsn + 1 + random.nextInt(20);
      Place place = VolumeFiles.record(crashed, DOMAIN, lsn);
      long at = place.position() + random.nextLong(place.end() - place.position());
      if (random.nextBoolean()) {
        // Within the document's header, too.
        VolumeFiles.zeroFrom(place.file(), at - random.nextInt(1 + Integer.BYTES));
      } else {
        VolumeFiles.flip(place.file(), at);
      }
      opensWith(lsn - 1);
    }
  }

  @Test
  void tornFileEndsTheLogAndTheFilesBehindItAreGivenBack() throws Exception {
    crashWithUnforced(10, 400);
    assertTrue(VolumeFiles.cycleFiles(crashed, DOMAIN).size() >= 3);
    VolumeFiles.flip(
        VolumeFiles.record(crashed, DOMAIN, 20).file(),
        VolumeFiles.record(crashed, DOMAIN, 20).end() - 1);
    opensWith(19);
  }

  @Test
  void intactRecordOfAnotherUseOfTheFileIsNotTaken() throws Exception {
    crashWithUnforced(100, 0);
    Path donor = directory.resolve("donor");
    try (LogVolume volume = TestVolumes.open(donor, SIZE)) {
      DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
      Records.begin(log);
      for (int i = 0; i < 110; i++) {
        records.append(log);
      }
    }
    Place last = VolumeFiles.record(crashed, DOMAIN, 102);
    Place next = VolumeFiles.record(donor, DOMAIN, 103);
    assertEquals(last.end(), VolumeFiles.record(donor, DOMAIN, 102).end());
    VolumeFiles.transplant(next, last.file());
    opensWith(102);
  }

  @Test
  void tornSnapshotOfTheNewestFileIsATornEnd() throws Exception {
    crashWithUnforced(10, 150);
    List<Path> files = VolumeFiles.cycleFiles(crashed, DOMAIN);
    List<Place> snapshots =
        VolumeFiles.records(crashed, DOMAIN).stream()
            .filter(place -> place.type() == RecordType.SNAPSHOT)
            .toList();
    assertEquals(files.size(), snapshots.size());
    Place last = snapshots.getLast();
    VolumeFiles.flip(last.file(), last.position() + RecordHeader.BYTES);
    opensWith(last.lsn() - 1);
    assertTrue(VolumeCheck.check(crashed, _ -> {}).isSound());
  }

  @Test
  void flippedBitInForcedRecordIsReportedOnceALaterRecordKnewItForced() throws Exception {
    crashWithUnforced(100, 20);
    Place place = VolumeFiles.record(crashed, DOMAIN, 50);
    VolumeFiles.flip(place.file(), place.end() - 100);
    isDamagedAt(place);
  }

  @Test
  void flippedBitInAnOlderFileIsReported() throws Exception {
    crashWithUnforced(400, 1);
    assertTrue(VolumeFiles.cycleFiles(crashed, DOMAIN).size() >= 3);
    Place place = VolumeFiles.record(crashed, DOMAIN, 60);
    VolumeFiles.flip(place.file(), place.position() + 10);
    isDamagedAt(place);
  }

  @Test
  void flippedBitInAnEarlierRunIsReported() throws Exception {
    crashWithUnforced(100, 20);
    opensWith(122);
    Place place = VolumeFiles.record(crashed, DOMAIN, 122);
    VolumeFiles.flip(place.file(), place.end() - 1);
    isDamagedAt(place);
  }

  @Test
  void missingFileIsReported() throws Exception {
    crashWithUnforced(400, 1);
    List<Path> files = VolumeFiles.cycleFiles(crashed, DOMAIN);
    Files.delete(files.get(1));
    VolumeException missing = assertThrows(VolumeException.class, () -> opensWith(Long.MAX_VALUE));
    assertTrue(missing.getMessage().contains("1 of its 16 log files"), missing.getMessage());
    LogVolume.grow(crashed, SIZE.sizeBytes(), _ -> {});
    LogDamagedException damage =
        assertThrows(LogDamagedException.class, () -> opensWith(Long.MAX_VALUE));
    assertEquals(files.get(0), damage.file(), "the hole is behind this file");
  }

  @Test
  void fileThatWasCutIsReported() throws Exception {
    crashWithUnforced(100, 20);
    // Behind the last forced record: that it was written at all is proof that it was longer.
    Place place = VolumeFiles.record(crashed, DOMAIN, forcedLsn + 1);
    VolumeFiles.truncate(place.file(), place.position());
    isDamagedAt(place);
  }

  @Test
  void filesThatWereSwappedAreReported() throws Exception {
    crashWithUnforced(400, 1);
    List<Path> files = VolumeFiles.cycleFiles(crashed, DOMAIN);
    // The last two: no later file proves anything.
    Path last = files.getLast();
    Path other = files.get(files.size() - 2);
    Path aside = crashed.resolve("aside");
    Files.move(last, aside);
    Files.move(other, last);
    Files.move(aside, other);
    LogDamagedException damage =
        assertThrows(LogDamagedException.class, () -> opensWith(Long.MAX_VALUE));
    assertEquals(other, damage.file());
    assertTrue(damage.getMessage().contains("belongs into " + last), damage.getMessage());
  }

  /** A log of which a record in the middle is damaged. */
  private Place damageInTheMiddle() throws Exception {
    crashWithUnforced(400, 1);
    assertTrue(VolumeFiles.cycleFiles(crashed, DOMAIN).size() >= 3);
    Place place = VolumeFiles.record(crashed, DOMAIN, 60);
    VolumeFiles.flip(place.file(), place.end() - 1);
    isDamagedAt(place);
    return place;
  }

  @Test
  void checkSaysWhatIsLostAndChangesNothing() throws Exception {
    Place place = damageInTheMiddle();
    for (int round = 0; round < 2; round++) {
      VolumeCheck check = VolumeCheck.check(crashed, _ -> {});
      assertFalse(check.isSound());
      VolumeCheck.Content content = check.logs().getFirst().content().orElseThrow();
      assertEquals(1, content.firstLsn());
      assertEquals(59, content.lastLsn());
      assertEquals(57, content.hosts().getFirst().lastSeq());
      VolumeCheck.Damage damage = content.damage().orElseThrow();
      assertEquals(place.file(), damage.file());
      assertEquals(place.position(), damage.offsetBytes());
      assertEquals(60, damage.lost().firstLsn());
      assertEquals(403, damage.lost().lastLsnSeen());
      assertEquals(403 - 59, damage.lost().recordsSeen());
      assertEquals(403_000, damage.lost().lastTimeMicrosSeen());
      assertEquals(401, damage.lost().lastSeqsSeen().get(Records.HOST));
    }
  }

  @Test
  void truncationEndsTheLogBeforeTheDamageForGood() throws Exception {
    damageInTheMiddle();
    assertEquals(59, LogVolume.truncate(crashed, DOMAIN));
    assertTrue(VolumeCheck.check(crashed, _ -> {}).isSound());
    opensWith(59);
  }

  @Test
  void truncationHoldsWhateverComesAfterIt() throws Exception {
    damageInTheMiddle();
    LogVolume.truncate(crashed, DOMAIN);
    for (int round = 0; round < 3; round++) {
      // Opened and closed with nothing appended, and then as after a power cut that took the new
      // file, which was not forced.
      try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
        assertEquals(59, volume.openDomain(DOMAIN, new RecordingListener()).lastLsn());
        VolumeFiles.copy(crashed, directory.resolve("cut-" + round));
      }
      Path cut = directory.resolve("cut-" + round);
      VolumeFiles.zeroFrom(VolumeFiles.cycleFiles(cut, DOMAIN).getLast(), 0);
      crashed = cut;
      assertTrue(VolumeCheck.check(crashed, _ -> {}).isSound());
    }
    opensWith(59);
  }

  @Test
  void aFileThatWasCutIsWholeAgainWhenItIsFree() throws Exception {
    crashWithUnforced(100, 20);
    VolumeFiles.truncate(VolumeFiles.cycleFiles(crashed, DOMAIN).getLast(), 1 << 20);
    assertFalse(VolumeCheck.check(crashed, _ -> {}).isSound());
    LogVolume.truncate(crashed, DOMAIN);
    try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
      DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
      records.append(log);
      log.close();
      volume.removeDomain(DOMAIN);
    }
    VolumeCheck check = VolumeCheck.check(crashed, _ -> {});
    assertEquals(0, check.cyclesMissing());
    assertEquals(16, check.cyclesFree());
  }

  @Test
  void noFlippedBitOfADocumentHeaderHidesARecord() throws Exception {
    Path sealed = directory.resolve("sealed");
    try (LogVolume volume = TestVolumes.open(sealed, SIZE)) {
      DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
      Records.begin(log);
      for (int i = 0; i < 10; i++) {
        records.append(log);
      }
    }
    Place last = VolumeFiles.record(sealed, DOMAIN, 12);
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      long at = last.documentPosition() + bit / Byte.SIZE;
      VolumeFiles.flipBit(last.file(), at, bit % Byte.SIZE);
      VolumeCheck check = VolumeCheck.check(sealed, _ -> {});
      long lastLsn = check.logs().getFirst().content().orElseThrow().lastLsn();
      int flipped = bit;
      // A length that is only larger hides nothing: the record says itself how long it is.
      assertTrue(!check.isSound() || lastLsn == 12, () -> "bit " + flipped + ": " + lastLsn);
      VolumeFiles.flipBit(last.file(), at, bit % Byte.SIZE);
    }
    assertTrue(VolumeCheck.check(sealed, _ -> {}).isSound());
  }

  @Test
  void aLogThatBelongsElsewhereIsNotTakenForANewOne() throws Exception {
    crashWithUnforced(100, 0);
    Files.move(crashed.resolve("domains").resolve(DOMAIN), crashed.resolve("domains/domain-b"));
    assertFalse(VolumeCheck.check(crashed, _ -> {}).isSound());
    try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
      assertThrows(
          LogDamagedException.class, () -> volume.openDomain("domain-b", new RecordingListener()));
    }
    Files.move(crashed.resolve("domains/domain-b"), crashed.resolve("domains").resolve(DOMAIN));
    opensWith(102);
  }

  @Test
  void aVolumeThatLostItsDescriptorIsNotMadeAnew() throws Exception {
    crashWithUnforced(100, 0);
    Path descriptor = crashed.resolve(VolumeDescriptor.FILE_NAME);
    Path aside = directory.resolve("descriptor");
    Files.move(descriptor, aside);
    for (var action :
        List.<org.junit.jupiter.api.function.Executable>of(
            () -> LogVolume.create(crashed, SIZE, _ -> {}),
            () -> LogVolume.open(crashed, VolumeOptions.defaults()))) {
      VolumeException refused = assertThrows(VolumeException.class, action);
      assertTrue(refused.getMessage().contains("has lost its descriptor"), refused.getMessage());
    }
    Files.move(aside, descriptor);
    opensWith(102);
  }

  @Test
  void aLogThatIsSoundIsNotTruncated() throws Exception {
    crashWithUnforced(100, 20);
    VolumeException refused =
        assertThrows(VolumeException.class, () -> LogVolume.truncate(crashed, DOMAIN));
    assertTrue(refused.getMessage().contains("is not damaged"), refused.getMessage());
    opensWith(122);
  }

  @Test
  void aLogOfWhichNothingIsIntactIsDiscarded() throws Exception {
    crashWithUnforced(100, 20);
    Path file = VolumeFiles.cycleFiles(crashed, DOMAIN).getFirst();
    VolumeFiles.flip(file, VolumeFiles.records(crashed, DOMAIN).getFirst().position() + 10);
    VolumeException refused =
        assertThrows(VolumeException.class, () -> LogVolume.truncate(crashed, DOMAIN));
    assertTrue(refused.getMessage().contains("nothing"), refused.getMessage());
    LogVolume.discard(crashed, DOMAIN);
    VolumeCheck check = VolumeCheck.check(crashed, _ -> {});
    assertTrue(check.isSound());
    assertEquals(16, check.cyclesFree());
  }

  @Test
  void runsThatAppendNothingHoldNoFiles() throws Exception {
    crashWithUnforced(100, 0);
    for (int round = 0; round < 20; round++) {
      try (LogVolume volume = LogVolume.open(crashed, VolumeOptions.defaults())) {
        DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
        // The one that it began with, the one that the records are in, the new one.
        assertEquals(3L * CYCLE_BYTES, log.bytesUsed());
      }
    }
    opensWith(102);
  }

  @Test
  void runThatEndedInOrderHasNoTornEnd() throws Exception {
    crashed = directory.resolve("closed");
    try (LogVolume volume = TestVolumes.open(crashed, SIZE)) {
      DomainLog log = volume.openDomain(DOMAIN, new RecordingListener());
      Records.begin(log);
      for (int i = 0; i < 10; i++) {
        records.append(log);
      }
    }
    Place place = VolumeFiles.record(crashed, DOMAIN, 12);
    VolumeFiles.flip(place.file(), place.end() - 1);
    isDamagedAt(place);
  }

  @Test
  void readerReportsWhatWasDamagedAfterOpening() throws Exception {
    RecordingListener listener = new RecordingListener();
    try (LogVolume volume = TestVolumes.open(directory, SIZE)) {
      DomainLog log = volume.openDomain(DOMAIN, listener);
      Records.begin(log);
      for (int i = 0; i < 10; i++) {
        records.append(log);
      }
      listener.awaitForced(12);
      Place place = VolumeFiles.record(directory, DOMAIN, 7);
      VolumeFiles.flip(place.file(), place.end() - 1);
      try (LogReader reader = log.reader(1)) {
        for (long lsn = 1; lsn < 7; lsn++) {
          assertTrue(reader.next());
        }
        LogDamagedException damage = assertThrows(LogDamagedException.class, reader::next);
        assertEquals(7, damage.lsn());
        assertEquals(place.position(), damage.offsetBytes());
        assertThrows(LogDamagedException.class, reader::next);
      }
    }
  }
}
