package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Where a domain's files lie: {@code domains/<name>/run-NNNNNNNN-<random>/<cycle>.cq4}, one run
 * directory, and in it one Chronicle queue, for each time that the log was opened.
 */
record DomainDirectory(UUID volumeId, String domain, Path path) {

  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9](-?[a-z0-9])*");
  private static final int DOMAIN_CHARS_MIN = 3;
  private static final int DOMAIN_CHARS_MAX = 63;
  private static final Pattern RUN = Pattern.compile("run-(\\d{8})-[0-9a-f]{16}");

  /** A run's directory. */
  record Run(int number, Path path) {}

  /** A cycle file on the disk, by its place. */
  record Place(Path path, int run, long fileId) {}

  static boolean isDomainName(String name) {
    return name.length() >= DOMAIN_CHARS_MIN
        && name.length() <= DOMAIN_CHARS_MAX
        && DOMAIN.matcher(name).matches();
  }

  /** The directory of a run that is to begin; not made yet. */
  Run newRun() throws IOException {
    List<Run> runs = runs();
    int number = runs.isEmpty() ? 1 : runs.getLast().number() + 1;
    String random = HexFormat.of().toHexDigits(new SecureRandom().nextLong());
    return new Run(number, path.resolve(String.format("run-%08d-%s", number, random)));
  }

  /** All run directories, oldest first; also those without cycle files. */
  List<Run> runs() throws IOException {
    List<Run> runs = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        var matcher = RUN.matcher(entry.getFileName().toString());
        if (matcher.matches()) {
          runs.add(new Run(Integer.parseInt(matcher.group(1)), entry));
        }
      }
    }
    runs.sort(Comparator.comparingInt(Run::number));
    return runs;
  }

  /** All cycle files in the order in which they were appended to. */
  List<Place> cycleFiles() throws IOException {
    List<Place> places = new ArrayList<>();
    for (Run run : runs()) {
      List<Path> files = new ArrayList<>();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(run.path())) {
        for (Path entry : entries) {
          if (RunAppender.isCycleFile(entry)) {
            files.add(entry);
          }
        }
      } catch (NoSuchFileException removedSinceListed) {
        continue; // The log is open, and recycles its files.
      }
      files.sort(null);
      for (Path file : files) {
        places.add(new Place(file, run.number(), fileId(file)));
      }
    }
    return places;
  }

  /** Returns when all names in it are durable. */
  void force(Disk disk) throws IOException {
    for (Run run : runs()) {
      disk.forceDirectory(run.path());
    }
    disk.forceDirectory(path);
  }

  /** Removes a run's directory with the Chronicle metadata in it; its cycle files must be gone. */
  void deleteRun(Disk disk, Run run) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(run.path())) {
      for (Path entry : entries) {
        disk.delete(entry);
      }
    }
    disk.delete(run.path());
  }

  /**
   * Identifies one use of one cycle file: a digest of the volume's id, the domain, the run's
   * directory and the cycle. No two uses have the same: a run's directory has a random part, for
   * domains that are removed and come back.
   */
  long fileId(Path cycleFile) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    ByteBuffer id = ByteBuffer.allocate(2 * Long.BYTES);
    id.putLong(volumeId.getMostSignificantBits()).putLong(volumeId.getLeastSignificantBits());
    sha256.update(id.flip());
    String place = path.relativize(cycleFile).toString();
    sha256.update((domain + "/" + place).getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(sha256.digest()).getLong();
  }
}
