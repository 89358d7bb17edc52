package io.drva.logstore;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Where everything lies on a log store volume:
 *
 * <pre>
 *   lock                                   held while the volume is open
 *   volume                                 the descriptor, see VolumeDescriptor
 *   pool/NNNNNNNNNNNN.free                 cycle files that wait to be used
 *   pool/NNNNNNNNNNNN.free.new             one that is being written for the first time
 *   domains/NAME/chain                     which chain a domain's log is shipped to, see ChainOfLog
 *   domains/NAME/run-NNNNNNNN-RANDOM/*.cq4 the cycle files of a domain's log, see DomainLog
 *   domains/NAME.removed/                  a log that is being given back
 * </pre>
 */
record VolumeLayout(Path root) {

  private static final String REMOVED = ".removed";

  Path lock() {
    return root.resolve("lock");
  }

  Path descriptor() {
    return root.resolve(VolumeDescriptor.FILE_NAME);
  }

  Path pool() {
    return root.resolve("pool");
  }

  Path domains() {
    return root.resolve("domains");
  }

  Path domain(String name) {
    return domains().resolve(name);
  }

  /** Where a domain's log goes before its files are given back. */
  Path removed(String name) {
    return domains().resolve(name + REMOVED);
  }

  /** The domains that have a log here. */
  Set<String> domainNames() throws IOException {
    return names("");
  }

  /** The domains that had a log here and do not any more, but some of its files are left. */
  Set<String> removedNames() throws IOException {
    return names(REMOVED);
  }

  /** The directories of all domains' logs. */
  List<DomainDirectory> logs(UUID volumeId) throws IOException {
    List<DomainDirectory> logs = new ArrayList<>();
    for (String domain : domainNames()) {
      logs.add(new DomainDirectory(volumeId, domain, domain(domain)));
    }
    return logs;
  }

  /** The cycle file of any domain's log that has this file id. */
  Optional<Path> cycleFile(UUID volumeId, long fileId) throws IOException {
    for (DomainDirectory log : logs(volumeId)) {
      for (DomainDirectory.Place place : log.cycleFiles()) {
        if (place.fileId() == fileId) {
          return Optional.of(place.path());
        }
      }
    }
    return Optional.empty();
  }

  private Set<String> names(String suffix) throws IOException {
    Set<String> names = new TreeSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(domains())) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.endsWith(suffix)) {
          String domain = name.substring(0, name.length() - suffix.length());
          if (DomainDirectory.isDomainName(domain)) {
            names.add(domain);
          }
        }
      }
    }
    return names;
  }

  /**
   * The descriptor of the volume that is here.
   *
   * @throws VolumeException when there is none that this release can use
   */
  VolumeDescriptor describe() throws IOException {
    if (Files.notExists(root)) {
      throw none("no such directory");
    }
    if (!Files.isDirectory(root)) {
      throw new VolumeException(root, "not a directory", "point to the volume");
    }
    if (Files.exists(descriptor())) {
      return VolumeDescriptor.read(descriptor());
    }
    String foreign = foreign();
    if (foreign != null) {
      throw new VolumeException(
          root,
          "not a log store volume: it has no descriptor but holds " + foreign,
          "point to the volume, or create one in an empty directory");
    }
    throw Files.exists(pool())
        ? new VolumeException(
            root,
            "the creation of this volume was not finished",
            "run 'drva volume create' again with the same path")
        : none("there is no log store volume here");
  }

  private VolumeException none(String what) {
    return new VolumeException(
        root,
        what,
        "check that its disk is mounted, or create a volume with 'drva volume create --path "
            + root
            + " --size SIZE'");
  }

  /** The name of something here that a volume does not have, null when there is nothing. */
  String foreign() throws IOException {
    Set<Path> ours =
        Set.of(
            lock(),
            descriptor(),
            root.resolve(VolumeDescriptor.FILE_NAME + DurableFile.UNFINISHED),
            pool(),
            domains(),
            root.resolve("lost+found"));
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        if (!ours.contains(entry)) {
          return entry.getFileName().toString();
        }
      }
    }
    return null;
  }
}
