package io.drva.logstore;

import io.drva.logstore.CycleScanner.Found;
import io.drva.logstore.DomainDirectory.Place;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Reads a domain's retained files after a restart and decides where its log ends.
 *
 * <p>Why nothing that was forced is lost, and nothing that may be lost is counted as forced:
 *
 * <ol>
 *   <li>Each file is forced before it is scanned, and then the directories that name it, so that
 *       what a killed process left in the page cache is on the device.
 *   <li>It is then read past the page cache. After a failed write-back the cache may hold, as
 *       clean, what the device does not; what the scan accepts was read from the device.
 *   <li>From the oldest file on, records are accepted while they are intact and their LSNs dense.
 *       So the accepted records are all on the device: they count as forced.
 *   <li>Suppose the scan stops at LSN n before the last file's end. If n had been forced, its bytes
 *       would be there (a force covers whole files, oldest first, and their directory entries):
 *       then the file was damaged since. If it had not, the end is torn as a crash may leave it,
 *       and nothing after it was acknowledged either, since acknowledgement is in LSN order.
 *   <li>The two are told apart by evidence. A later run that starts after n proves that n was there
 *       when that run started; an intact record behind n, in this file or a later one, that carries
 *       a forced LSN of at least n proves that n was forced; a run that ended in order has such a
 *       record, its SEAL, at its end. With evidence the log is reported as damaged.
 *   <li>A file that is shorter than it was made has been cut, and one that starts with a record of
 *       another log file that is there has taken its place: that is damage, too.
 *   <li>Without evidence the files behind the torn one hold nothing that was forced. They are given
 *       back, last first, each rename forced, before the log is opened: a crash in between leaves a
 *       state that leads to the same decision.
 *   <li>A newest file without any record, which a run leaves that appended nothing, is given back,
 *       too, if another file is there to say what the log has come to, and nothing behind that
 *       file's end says otherwise: it may be there because the log was truncated.
 *   <li>A log has its name only once its first file is forced. So one of which no file can be used
 *       is damaged.
 *   <li>What lies behind the torn end of a file stays there, but is never looked at again: the next
 *       run's first LSN says where to stop.
 * </ol>
 *
 * <p>Not detected: damage to records that no later record knew to be forced, that is to the last
 * group of a run that did not end in order, on a device that silently loses what it confirmed.
 */
final class DomainRecovery {

  private static final long UNKNOWN = -1;

  /** A file's snapshot lies within its first so many bytes. */
  private static final long PEEK_BYTES =
      RunAppender.HEAD_BYTES_MAX + RecordHeader.BYTES + DomainState.SNAPSHOT_BYTES_MAX;

  private final Disk disk;
  private final DomainDirectory directory;
  private final CyclePool pool;
  private final CycleScanner scanner = new CycleScanner();

  private final VolumeLayout volume;
  private final List<Place> places;
  private final DomainState state = new DomainState();
  private final List<CycleFile> files = new ArrayList<>();
  private long lastLsn;
  private long releasedLsn;
  private long dataBytes;

  /** Files that are not the log's any more, newest first. */
  private final List<Path> surplus = new ArrayList<>();

  /** What was forced and cannot be read; null when there is no such thing. */
  private LogDamagedException damage;

  /** Why the scan stopped where it did. */
  private String problem;

  /**
   * @param volume where the logs of all domains are
   */
  DomainRecovery(Disk disk, VolumeLayout volume, DomainDirectory directory, CyclePool pool)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.pool = pool;
    this.volume = volume;
    this.places = directory.cycleFiles();
  }

  /** Instead of {@link #run}, for a log that has no file yet. */
  void begin(LogOrigin origin) {
    lastLsn = origin.lastLsn();
    releasedLsn = origin.lastLsn();
    state.restore(origin);
  }

  /** The domain's state as of {@link #lastLsn}. */
  DomainState state() {
    return state;
  }

  /** The files that belong to the log, oldest first, all forced. */
  List<CycleFile> files() {
    return files;
  }

  long lastLsn() {
    return lastLsn;
  }

  /** The highest LSN that is known to have been released; the true one may be higher. */
  long releasedLsn() {
    return releasedLsn;
  }

  /**
   * Forces what a process that was killed has left in the page cache; before {@link #run}.
   *
   * @throws IOException as final as that of any force
   */
  void force() throws IOException {
    for (Place place : places) {
      try (FileChannel channel = disk.openForAppend(place.path())) {
        disk.force(channel);
      }
    }
    directory.force(disk);
    pool.forceDirectory();
  }

  /** The disk data in the records, bytes. */
  long dataBytes() {
    return dataBytes;
  }

  /** What was forced and cannot be read; empty when there is no such thing. After {@link #run}. */
  Optional<LogDamagedException> damage() {
    return Optional.ofNullable(damage);
  }

  /**
   * Gives back the files that are not the log's any more; of a damaged log those behind the damage.
   */
  void giveBackSurplus(CyclePool.Share share) throws IOException {
    for (Path file : surplus) {
      share.recycle(file);
    }
    for (DomainDirectory.Run run : directory.runs()) {
      if (files.stream().noneMatch(file -> file.run == run.number())) {
        directory.deleteRun(disk, run);
      }
    }
  }

  /**
   * Scans the domain's files, and changes nothing.
   *
   * @param scanned told of the bytes scanned, file by file
   */
  void run(LongConsumer scanned) throws IOException {
    long[] firstLsns = new long[places.size()];
    for (int i = 0; i < firstLsns.length; i++) {
      firstLsns[i] = peekFirstLsn(places.get(i));
    }
    for (int i = 0; i < firstLsns.length; i++) {
      Place place = places.get(i);
      long capLsn = firstKnown(firstLsns, i + 1) - 1;
      try (FileChannel channel = disk.openForScan(place.path())) {
        scanner.start(channel, place.fileId());
        boolean usable = takeSnapshot(place, channel);
        if (usable) {
          takeRecords(place, channel, capLsn);
        }
        scanned.accept(channel.size());
        if (!usable || lastLsn != capLsn) {
          endHere(i, usable, firstLsns, channel);
          break;
        }
      }
    }
    if (places.isEmpty()) {
      damage = new LogDamagedException(directory.path(), 0, 1, "the log has no file");
    }
    while (files.size() > 1 && isNotNeeded(files.getLast(), files.get(files.size() - 2))) {
      surplus.add(files.removeLast().path);
    }
  }

  /** A file without records says nothing, unless it ends a log before damage. */
  private boolean isNotNeeded(CycleFile newest, CycleFile before) throws IOException {
    if (newest.lastLsn >= newest.firstLsn) {
      return false;
    }
    try (FileChannel channel = disk.openForScan(before.path)) {
      scanner.start(channel, before.fileId);
      return !scanner.provesForced(before.appendedPosition, newest.firstLsn, channel.size());
    }
  }

  /**
   * The LSN that the file's snapshot says it starts with; {@link #UNKNOWN} when it has none. That
   * of another file that is there is damage: no crash exchanges files.
   */
  private long peekFirstLsn(Place place) throws IOException {
    try (FileChannel channel = disk.openForScan(place.path())) {
      scanner.start(channel, place.fileId());
      Found found = scanner.next(Math.min(channel.size(), PEEK_BYTES));
      RecordHeader header = scanner.header();
      if (found == Found.RECORD && header.type == RecordType.SNAPSHOT) {
        return header.lsn;
      }
      if (damage == null && found == Found.FOREIGN) {
        damage =
            volume
                .cycleFile(directory.volumeId(), header.fileId)
                .map(
                    owner ->
                        new LogDamagedException(
                            place.path(),
                            0,
                            header.lsn,
                            "the file holds what belongs into " + owner))
                .orElse(null);
      }
      return UNKNOWN;
    }
  }

  /** The first known of {@code firstLsns} from {@code from} on; the largest LSN when none is. */
  private static long firstKnown(long[] firstLsns, int from) {
    for (int i = from; i < firstLsns.length; i++) {
      if (firstLsns[i] != UNKNOWN) {
        return firstLsns[i];
      }
    }
    return Long.MAX_VALUE;
  }

  /** Reads the snapshot at the start of the file; false when the log cannot go on with it. */
  private boolean takeSnapshot(Place place, FileChannel channel) throws IOException {
    Found found = scanner.next(channel.size());
    RecordHeader header = scanner.header();
    if (found != Found.RECORD) {
      problem = scanner.problem();
      return false;
    }
    if (header.type != RecordType.SNAPSHOT) {
      problem = "the file does not start with a snapshot";
      return false;
    }
    if (files.isEmpty()) {
      lastLsn = header.lsn - 1;
      releasedLsn = state.decodeSnapshot(scanner.data());
      return true;
    }
    if (header.lsn != lastLsn + 1) {
      problem = "the file starts with LSN " + header.lsn;
      return false;
    }
    DomainState snapshot = new DomainState();
    releasedLsn = snapshot.decodeSnapshot(scanner.data());
    if (!snapshot.sameAs(state)) {
      damage = damageAt(place, "the snapshot contradicts the log");
      return false;
    }
    return true;
  }

  /** Takes the file's records up to {@code capLsn} or to the first that cannot be taken. */
  private void takeRecords(Place place, FileChannel channel, long capLsn) throws IOException {
    long firstLsn = lastLsn + 1;
    long end = scanner.position();
    long limit = channel.size();
    problem = null;
    while (lastLsn != capLsn && problem == null) {
      if (scanner.next(limit) != Found.RECORD) {
        problem = scanner.problem();
      } else if (scanner.header().type == RecordType.SEAL) {
        problem = "the run ended in order";
      } else {
        problem = refusal();
        if (problem == null) {
          state.apply(scanner.header(), scanner.data());
          lastLsn++;
          dataBytes +=
              RecordType.carriesDiskData(scanner.header().type) ? scanner.data().remaining() : 0;
          end = scanner.position();
        }
      }
    }
    files.add(
        CycleFile.recovered(place.path(), place.run(), place.fileId(), firstLsn, lastLsn, end));
  }

  private String refusal() {
    long lsn = scanner.header().lsn;
    return lsn == lastLsn + 1
        ? state.refusal(scanner.header(), scanner.data())
        : "LSN " + lsn + " is here";
  }

  /**
   * The scan stopped in {@code places[at]}: either this is the end of the log, or it is damaged.
   *
   * @param usable whether the log goes on into that file at all
   */
  private void endHere(int at, boolean usable, long[] firstLsns, FileChannel channel)
      throws IOException {
    LogDamagedException here = damageAt(places.get(at), problem);
    long end = usable ? files.getLast().appendedPosition : 0;
    if (files.isEmpty()) {
      damage =
          damage == null ? here : damage; // A log is made with a file that says where it begins.
    } else if (channel.size() < pool.limitBytes()) {
      damage = damageAt(places.get(at), "the file was cut to " + channel.size() + " bytes");
    } else if (damage == null && isForced(lastLsn + 1, at, end, firstLsns, channel)) {
      damage = here;
    }
    for (int i = places.size() - 1; i >= (usable ? at + 1 : at); i--) {
      surplus.add(places.get(i).path());
    }
  }

  private LogDamagedException damageAt(Place place, String what) {
    return new LogDamagedException(place.path(), scanner.recordPosition(), lastLsn + 1, what);
  }

  /** Whether there is evidence that the record was forced at which the scan stopped. */
  private boolean isForced(long lsn, int at, long end, long[] firstLsns, FileChannel channel)
      throws IOException {
    if (scanner.provesForced(end, lsn, channel.size())) {
      return true;
    }
    for (int i = at + 1; i < firstLsns.length; i++) {
      boolean laterRun = places.get(i).run() != places.get(at).run();
      if ((laterRun && firstLsns[i] != UNKNOWN) || fileProvesForced(places.get(i), lsn)) {
        return true;
      }
    }
    return false;
  }

  private boolean fileProvesForced(Place place, long lsn) throws IOException {
    try (FileChannel channel = disk.openForScan(place.path())) {
      scanner.start(channel, place.fileId());
      return scanner.provesForced(0, lsn, channel.size());
    }
  }

  /** Looks through what lies behind the damage, for what can be said of it. */
  LostRecords lost() throws IOException {
    int records = 0;
    long lastLost = lastLsn;
    long lastTimeMicros = 0;
    SortedMap<Integer, Long> lastSeqs = new TreeMap<>();
    for (Place place : places) {
      try (FileChannel channel = disk.openForScan(place.path())) {
        scanner.start(channel, place.fileId());
        RecordHeader header = scanner.header();
        long size = channel.size();
        for (long at = 0; (at = scanner.nextHeader(at, size)) >= 0; at += RecordHeader.BYTES) {
          if (RecordType.hasLsn(header.type) && header.lsn > lastLsn) {
            records++;
            lastLost = Math.max(lastLost, header.lsn);
            lastTimeMicros = Math.max(lastTimeMicros, header.timeMicros);
            lastSeqs.merge(header.host, header.seq, Math::max);
          }
        }
      }
    }
    return new LostRecords(lastLsn + 1, lastLost, records, lastTimeMicros, lastSeqs);
  }
}
