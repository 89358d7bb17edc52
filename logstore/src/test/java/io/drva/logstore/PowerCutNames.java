package io.drva.logstore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The names on a {@link PowerCutDisk}: those that are there now, those that are durable, and the
 * changes between the two. Names are relative to the disk's own directory. A directory is a name
 * without a file; directories are not renamed.
 */
final class PowerCutNames {

  /** Which of the changes that are not durable survive. */
  enum Survival {
    NONE,
    ALL,
    /** The first so many. */
    EARLIER,
    /** Any that do not build on one that is lost. */
    SOME
  }

  private static final Survival[] SURVIVALS = Survival.values();
  private static final Path ROOT = Path.of("");

  /**
   * One atomic change.
   *
   * @param file what it is about; null for a directory
   * @param removed the name that it takes away, if any
   * @param added the name that it gives, if any
   * @param displaced the file that had that name before, if any
   * @param unforced the directories that must yet be forced until the change is durable
   */
  private record Change(
      PowerCutFile file, Path removed, Path added, PowerCutFile displaced, Set<Path> unforced) {

    private boolean names(Path name) {
      return name.equals(removed) || name.equals(added);
    }

    private boolean isAbout(PowerCutFile other) {
      return other != null && (other == file || other == displaced);
    }

    /** Whether a disk that has this change must have the earlier one as well. */
    private boolean impliesEarlier(Change earlier) {
      return earlier.isAbout(file)
          || earlier.isAbout(displaced)
          || (added != null && earlier.names(added))
          || (removed != null && earlier.names(removed))
          || isIn(removed, earlier.removed);
    }

    /** Whether the earlier change made the directory that this one is in. */
    private boolean isWithin(Change earlier) {
      return earlier.file == null && (isIn(earlier.added, added) || isIn(earlier.added, removed));
    }

    private static boolean isIn(Path directory, Path name) {
      return directory != null && name != null && directory.equals(directoryOf(name));
    }

    private void applyTo(Map<Path, PowerCutFile> names) {
      if (removed != null) {
        names.remove(removed);
      }
      if (added != null) {
        names.put(added, file);
      }
    }
  }

  private final Map<Path, PowerCutFile> current = new TreeMap<>();
  private final Map<Path, PowerCutFile> durable = new TreeMap<>();

  /** What is not durable, in the order in which it was done. */
  private final List<Change> changes = new ArrayList<>();

  /** The directory that a name is in. */
  static Path directoryOf(Path name) {
    Path directory = name.getParent();
    return directory == null ? ROOT : directory;
  }

  /** A name that has always been there. */
  void found(Path name, PowerCutFile file) {
    current.put(name, file);
    durable.put(name, file);
  }

  boolean contains(Path name) {
    return current.containsKey(name);
  }

  PowerCutFile file(Path name) {
    return current.get(name);
  }

  /** All names that are there now, a directory's before those in it. */
  List<Path> all() {
    return List.copyOf(current.keySet());
  }

  /** A name was made, of a file or, with null, of a directory. */
  void added(Path name, PowerCutFile file) {
    change(new Change(file, null, name, null, directories(name)));
  }

  void removed(Path name) {
    change(new Change(current.get(name), name, null, null, directories(name)));
  }

  void renamed(Path from, Path to) {
    PowerCutFile file = current.get(from);
    change(new Change(file, from, to, current.get(to), directories(from, to)));
    file.moved(to);
  }

  private static Set<Path> directories(Path... names) {
    Set<Path> directories = new HashSet<>();
    for (Path name : names) {
      directories.add(directoryOf(name));
    }
    return directories;
  }

  private void change(Change change) {
    change.applyTo(current);
    changes.add(change);
  }

  /** A force of a directory returned. */
  void forced(Path directory) {
    for (Change change : changes) {
      change.unforced.remove(directory);
    }
    for (int later = changes.size() - 1; later >= 0; later--) {
      for (int earlier = 0; earlier < later; earlier++) {
        if (changes.get(later).unforced.isEmpty()
            && changes.get(later).impliesEarlier(changes.get(earlier))) {
          changes.get(earlier).unforced.clear();
        }
      }
    }
    List<Change> kept = new ArrayList<>();
    for (Change change : changes) {
      if (change.unforced.isEmpty() && !buildsOnAny(change, kept)) {
        change.applyTo(durable);
      } else {
        kept.add(change);
      }
    }
    changes.clear();
    changes.addAll(kept);
  }

  private static boolean buildsOnAny(Change change, List<Change> earlier) {
    return earlier.stream().anyMatch(each -> change.impliesEarlier(each) || change.isWithin(each));
  }

  /** The names that a power cut may leave. */
  Map<Path, PowerCutFile> survive(Survival survival, RandomGenerator random) {
    Map<Path, PowerCutFile> names = new TreeMap<>(durable);
    List<Change> lost = new ArrayList<>();
    int count =
        switch (survival) {
          case NONE -> 0;
          case EARLIER -> random.nextInt(changes.size() + 1);
          case ALL, SOME -> changes.size();
        };
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      boolean survives = i < count && (survival != Survival.SOME || random.nextBoolean());
      if ((survives || change.unforced.isEmpty()) && !buildsOnAny(change, lost)) {
        change.applyTo(names);
      } else {
        lost.add(change);
      }
    }
    return names;
  }

  static Survival anySurvival(RandomGenerator random) {
    return SURVIVALS[random.nextInt(SURVIVALS.length)];
  }
}
