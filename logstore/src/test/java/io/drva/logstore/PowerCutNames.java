package io.drva.logstore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The names on a {@link PowerCutDisk}: those that are there now, those that are durable, and the
 * changes between the two. Paths are relative to the disk's own directory.
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

  /** What a name stands for. */
  abstract static class Named {
    /** The newest name; null for the disk's own directory. */
    private Name name;

    /** Where it is now, or was last. */
    Path path() {
      return name == null ? Path.of("") : name.in.path().resolve(name.text);
    }
  }

  static final class Directory extends Named {}

  private record Name(Directory in, String text) {}

  /**
   * One atomic change.
   *
   * @param about what is created, deleted or renamed
   * @param removed the name that it takes away, if any
   * @param added the name that it gives, if any
   * @param displaced what had that name before, if anything
   * @param unforced the directories that must yet be forced until the change is durable
   */
  private record Change(
      Named about, Name removed, Name added, Named displaced, Set<Directory> unforced) {

    private static Change of(Named about, Name removed, Name added, Named displaced) {
      Set<Directory> unforced = new HashSet<>();
      if (removed != null) {
        unforced.add(removed.in);
      }
      if (added != null) {
        unforced.add(added.in);
      }
      return new Change(about, removed, added, displaced, unforced);
    }

    private boolean isOf(Name name) {
      return name != null && (name.equals(removed) || name.equals(added));
    }

    private boolean isAbout(Named other) {
      return other != null && (other.equals(about) || other.equals(displaced));
    }

    /** Whether a disk that has this change must have the earlier one as well. */
    private boolean impliesEarlier(Change earlier) {
      boolean emptied =
          added == null && earlier.removed != null && about.equals(earlier.removed.in);
      return earlier.isAbout(about)
          || earlier.isAbout(displaced)
          || earlier.isOf(added)
          || earlier.isOf(removed)
          || emptied;
    }

    /** Whether the earlier change made a directory that this one is in. */
    private boolean isWithin(Change earlier) {
      return earlier.removed == null
          && ((added != null && added.in.equals(earlier.about))
              || (removed != null && removed.in.equals(earlier.about)));
    }

    private void applyTo(Map<Name, Named> names) {
      if (removed != null) {
        names.remove(removed);
      }
      if (added != null) {
        names.put(added, about);
      }
    }
  }

  private static final Survival[] SURVIVALS = Survival.values();

  private final Directory root = new Directory();
  private final Map<Name, Named> current = new LinkedHashMap<>();
  private final Map<Name, Named> durable = new LinkedHashMap<>();

  /** What is not durable, in the order in which it was done. */
  private final List<Change> changes = new ArrayList<>();

  /** Something that has always been there. */
  void found(Path path, Named named) {
    named.name = nameOf(path);
    current.put(named.name, named);
    durable.put(named.name, named);
  }

  /** What has this name now; null when nothing has. */
  Named at(Path path) {
    Named named = root;
    for (Path text : path) {
      if (!text.toString().isEmpty()) {
        named = named instanceof Directory in ? current.get(new Name(in, text.toString())) : null;
      }
    }
    return named;
  }

  private Name nameOf(Path path) {
    Path parent = path.getParent();
    Directory in = (Directory) at(parent == null ? Path.of("") : parent);
    return new Name(in, path.getFileName().toString());
  }

  void added(Path path, Named named) {
    Name added = nameOf(path);
    change(Change.of(named, null, added, null));
    named.name = added;
  }

  void removed(Path path) {
    change(Change.of(at(path), nameOf(path), null, null));
  }

  void renamed(Path from, Path to) {
    Named named = at(from);
    Name added = nameOf(to);
    change(Change.of(named, nameOf(from), added, at(to)));
    named.name = added;
  }

  private void change(Change change) {
    change.applyTo(current);
    changes.add(change);
  }

  /** A force of a directory returned. */
  void forced(Path directory) {
    Named forced = at(directory);
    changes.forEach(change -> change.unforced.remove(forced));
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

  /** What is there now: a directory before what is in it. */
  Map<Path, Named> all() {
    return paths(current);
  }

  /** What a power cut may leave: a directory before what is in it. */
  Map<Path, Named> survive(Survival survival, RandomGenerator random) {
    Map<Name, Named> names = new LinkedHashMap<>(durable);
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
    return paths(names);
  }

  private Map<Path, Named> paths(Map<Name, Named> names) {
    Map<Path, Named> paths = new LinkedHashMap<>();
    addPaths(root, Path.of(""), names, paths);
    return paths;
  }

  private static void addPaths(
      Directory directory, Path path, Map<Name, Named> names, Map<Path, Named> paths) {
    Map<String, Named> sorted = new TreeMap<>();
    names.forEach(
        (name, named) -> {
          if (name.in.equals(directory)) {
            sorted.put(name.text, named);
          }
        });
    sorted.forEach(
        (text, named) -> {
          paths.put(path.resolve(text), named);
          if (named instanceof Directory inner) {
            addPaths(inner, path.resolve(text), names, paths);
          }
        });
  }

  static Survival anySurvival(RandomGenerator random) {
    return SURVIVALS[random.nextInt(SURVIVALS.length)];
  }
}
