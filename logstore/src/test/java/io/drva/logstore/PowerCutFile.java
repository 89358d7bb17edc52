package io.drva.logstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * One file of a {@link PowerCutDisk}, whatever its name: what of its content is durable, and what
 * else each of its pages may hold after a power cut.
 */
final class PowerCutFile extends PowerCutNames.Named {

  /** What of a file's unforced content survives. */
  enum Survival {
    /** Nothing. */
    OLD,
    /** Everything. */
    NEW,
    /** Each page for itself: nothing, everything, an earlier moment, or torn between sectors. */
    PAGES,
    /** Each sector for itself, at any moment since the last force. */
    SECTORS,
    /** All pages up to one, which is torn. */
    EARLIER_PAGES,
    /** All pages from one on, which is torn. */
    LATER_PAGES,
    /** All but one page. */
    ALL_BUT_ONE,
    /** One page only. */
    ONE_ONLY
  }

  static final int SECTOR_BYTES = 512;

  private static final Survival[] SURVIVALS = Survival.values();
  private static final int SECTORS = Pages.PAGE_BYTES / SECTOR_BYTES;

  /** A force that is running: covers what the file held when it began. */
  final class Force {
    private final long began = ++clock;
    private final Pages covered;

    /** With null if nothing had been written: then there is nothing to cover. */
    private Force(Pages covered) {
      this.covered = covered;
    }

    /** It returned: what it covers is durable, and so no page can hold what was there before. */
    void done() {
      if (covered != null && began > forcedAt) {
        forced = covered;
        forcedAt = began;
        versions.values().forEach(ofPage -> ofPage.headMap(began, true).clear());
        versions.values().removeIf(NavigableMap::isEmpty);
      }
    }
  }

  /**
   * What the file holds for sure; null as long as nothing was written to a file that was found:
   * then all that it holds.
   */
  private Pages forced;

  /** What the file held when its name was removed; null while it has one. */
  private Pages removed;

  private long clock;
  private long forcedAt;

  /** By page: what it held between two writes since the last force, by the moment. */
  private final Map<Integer, NavigableMap<Long, byte[]>> versions = new HashMap<>();

  private PowerCutFile(Pages forced) {
    this.forced = forced;
  }

  /** A file all of whose content is durable. */
  static PowerCutFile durable() {
    return new PowerCutFile(null);
  }

  /** A file none of whose content is. */
  static PowerCutFile fresh() {
    return new PowerCutFile(Pages.EMPTY);
  }

  /**
   * To be called before each write: what is there may be what reaches the disk. Looks at the pages
   * that are written to more than once: those at the ends of the range, and the first, where
   * Chronicle keeps its header.
   */
  void writing(FileChannel channel, long positionBytes, int lengthBytes) throws IOException {
    if (forced == null) {
      forced = Pages.read(channel, Pages.EMPTY);
    }
    remember(channel, 0);
    remember(channel, pageOf(Math.max(0, positionBytes - Integer.BYTES)));
    remember(channel, pageOf(positionBytes));
    remember(channel, pageOf(positionBytes + lengthBytes));
  }

  private static int pageOf(long positionBytes) {
    return Math.toIntExact(positionBytes / Pages.PAGE_BYTES);
  }

  private void remember(FileChannel channel, int index) throws IOException {
    NavigableMap<Long, byte[]> known = versions.get(index);
    byte[] last = known == null ? forced.page(index) : known.lastEntry().getValue();
    byte[] now = Pages.readPage(channel, index, last);
    if (!Arrays.equals(now, last)) {
      remember(index, ++clock, now);
    }
  }

  private void remember(int index, long moment, byte[] page) {
    versions.computeIfAbsent(index, _ -> new TreeMap<>()).put(moment, page);
  }

  /** A force begins. */
  Force force(FileChannel channel) throws IOException {
    Pages now = forced == null ? null : Pages.read(channel, forced);
    Force force = new Force(now);
    if (now == null) {
      return force;
    }
    for (int index = 0; index < now.count(); index++) {
      if (!Arrays.equals(now.page(index), forced.page(index))) {
        remember(index, force.began, now.page(index));
      }
    }
    return force;
  }

  /** To be called before the file's name is removed. */
  void removing(Path root) throws IOException {
    if (forced == null) {
      try (FileChannel channel = FileChannel.open(root.resolve(path()))) {
        forced = Pages.read(channel, Pages.EMPTY);
      }
    }
    removed = current(root);
  }

  private Pages current(Path root) throws IOException {
    if (removed != null) {
      return removed;
    }
    try (FileChannel channel = FileChannel.open(root.resolve(path()))) {
      return Pages.read(channel, forced);
    }
  }

  /** Puts in {@code target} what a power cut may leave of the file. */
  void survive(Path root, Path target, Survival survival, RandomGenerator random)
      throws IOException {
    if (forced == null) {
      copy(root, target);
      return;
    }
    Pages now = current(root);
    List<Integer> unforced = unforced(now);
    int chosen = unforced.isEmpty() ? -1 : unforced.get(random.nextInt(unforced.size()));
    long sizeBytes = size(now, survival, random);
    try (SparseFile copy = new SparseFile(target, sizeBytes)) {
      for (int index = 0; copy.has(index); index++) {
        copy.put(
            index,
            isCertain(index, now)
                ? now.page(index)
                : page(index, chosen, now.page(index), survival, random));
      }
    }
  }

  /** Copies the file as it is. */
  void copy(Path root, Path target) throws IOException {
    try (FileChannel from = FileChannel.open(root.resolve(path()));
        SparseFile copy = new SparseFile(target, from.size())) {
      copy.copy(from);
    }
  }

  /** Whether every disk must have the page as it is now. */
  private boolean isCertain(int index, Pages now) {
    return !versions.containsKey(index) && Arrays.equals(now.page(index), forced.page(index));
  }

  private List<Integer> unforced(Pages now) {
    List<Integer> unforced = new ArrayList<>();
    for (int index = 0; index < Math.max(now.count(), forced.count()); index++) {
      if (!isCertain(index, now)) {
        unforced.add(index);
      }
    }
    return unforced;
  }

  /** A size that was not forced may be kept or not, or have come as far as some page. */
  private long size(Pages now, Survival survival, RandomGenerator random) {
    long low = Math.min(now.sizeBytes(), forced.sizeBytes());
    long high = Math.max(now.sizeBytes(), forced.sizeBytes());
    if (low == high || survival == Survival.NEW) {
      return now.sizeBytes();
    }
    if (survival == Survival.OLD) {
      return forced.sizeBytes();
    }
    return switch (random.nextInt(3)) {
      case 0 -> low;
      case 1 -> high;
      default -> {
        long between = random.nextLong(low, high + 1);
        yield Math.max(low, between - between % Pages.PAGE_BYTES);
      }
    };
  }

  private byte[] page(
      int index, int chosen, byte[] now, Survival survival, RandomGenerator random) {
    byte[] old = forced.page(index);
    return switch (survival) {
      case OLD -> old;
      case NEW -> now;
      case PAGES ->
          switch (random.nextInt(4)) {
            case 0 -> old;
            case 1 -> now;
            case 2 -> any(index, now, random);
            default -> torn(old, any(index, now, random), random);
          };
      case SECTORS -> {
        byte[] mixed = new byte[Pages.PAGE_BYTES];
        for (int sector = 0; sector < SECTORS; sector++) {
          copySector(any(index, now, random), mixed, sector);
        }
        yield mixed;
      }
      case EARLIER_PAGES -> index == chosen ? torn(now, old, random) : index < chosen ? now : old;
      case LATER_PAGES -> index == chosen ? torn(old, now, random) : index > chosen ? now : old;
      case ALL_BUT_ONE -> index == chosen ? old : now;
      case ONE_ONLY -> index == chosen ? now : old;
    };
  }

  /** The page as of any moment since the last force. */
  private byte[] any(int index, byte[] now, RandomGenerator random) {
    List<byte[]> moments = new ArrayList<>(List.of(forced.page(index), now));
    moments.addAll(versions.getOrDefault(index, Collections.emptyNavigableMap()).values());
    return moments.get(random.nextInt(moments.size()));
  }

  /** Sectors of one page before a random one, then sectors of the other. */
  private static byte[] torn(byte[] first, byte[] then, RandomGenerator random) {
    byte[] page = then.clone();
    System.arraycopy(first, 0, page, 0, random.nextInt(SECTORS + 1) * SECTOR_BYTES);
    return page;
  }

  private static void copySector(byte[] from, byte[] to, int sector) {
    System.arraycopy(from, sector * SECTOR_BYTES, to, sector * SECTOR_BYTES, SECTOR_BYTES);
  }

  static Survival anySurvival(RandomGenerator random) {
    return SURVIVALS[random.nextInt(SURVIVALS.length)];
  }
}
