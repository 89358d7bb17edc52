package io.drva.logstore;

import io.drva.logstore.CycleScanner.Found;
import io.drva.logstore.DomainDirectory.Place;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;

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
 *   <li>Without evidence the files behind the torn one hold nothing that was forced. They are given
 *       back, last first, each rename forced, before the log is opened: a crash in between leaves a
 *       state that leads to the same decision.
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
  private final CyclePool.Share share;
  private final CycleScanner scanner = new CycleScanner();

  private List<Place> places = List.of();
  private final DomainState state = new DomainState();
  private final List<CycleFile> files = new ArrayList<>();
  private long lastLsn;
  private long releasedLsn;

  /** Why the scan stopped where it did. */
  private String problem;

  DomainRecovery(Disk disk, DomainDirectory directory, CyclePool pool, CyclePool.Share share) {
    this.disk = disk;
    this.directory = directory;
    this.pool = pool;
    this.share = share;
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
    places = directory.cycleFiles();
    for (Place place : places) {
      try (FileChannel channel = disk.openForAppend(place.path())) {
        disk.force(channel);
      }
    }
    directory.force(disk);
    pool.forceDirectory();
  }

  /**
   * Scans the domain's files.
   *
   * @param lastLsnIfNew what {@link #lastLsn} is when there are none
   */
  void run(long lastLsnIfNew) throws IOException {
    lastLsn = lastLsnIfNew;
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
        if (!usable || lastLsn != capLsn) {
          endHere(places, i, usable, firstLsns, channel);
          return;
        }
      }
    }
  }

  /** The LSN that the file's snapshot says it starts with; {@link #UNKNOWN} when it has none. */
  private long peekFirstLsn(Place place) throws IOException {
    try (FileChannel channel = disk.openForScan(place.path())) {
      scanner.start(channel, place.fileId());
      boolean intact =
          scanner.next(Math.min(channel.size(), PEEK_BYTES)) == Found.RECORD
              && scanner.header().type == RecordType.SNAPSHOT;
      return intact ? scanner.header().lsn : UNKNOWN;
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
      throw new LogDamagedException(
          place.path(), scanner.recordPosition(), lastLsn + 1, "the snapshot contradicts the log");
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
  private void endHere(
      List<Place> places, int at, boolean usable, long[] firstLsns, FileChannel channel)
      throws IOException {
    long missingLsn = lastLsn + 1;
    LogDamagedException damage =
        new LogDamagedException(
            places.get(at).path(), scanner.recordPosition(), missingLsn, problem);
    if (scanner.provesForced(missingLsn, channel.size())) {
      throw damage;
    }
    for (int i = at + 1; i < firstLsns.length; i++) {
      boolean laterRun = places.get(i).run() != places.get(at).run();
      if ((laterRun && firstLsns[i] != UNKNOWN) || fileProvesForced(places.get(i), missingLsn)) {
        throw damage;
      }
    }
    for (int i = places.size() - 1; i >= (usable ? at + 1 : at); i--) {
      share.recycle(places.get(i).path());
    }
  }

  private boolean fileProvesForced(Place place, long lsn) throws IOException {
    try (FileChannel channel = disk.openForScan(place.path())) {
      scanner.start(channel, place.fileId());
      return scanner.provesForced(lsn, channel.size());
    }
  }
}
