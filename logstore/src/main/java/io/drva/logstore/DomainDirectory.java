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
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Where a domain's files lie: {@code domains/<name>/run-NNNNNNNN/<cycle>.cq4}, one run directory,
 * and in it one Chronicle queue, per process that appended.
 */
record DomainDirectory(UUID volumeId, String domain, Path path) {

  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9](-?[a-z0-9])*");
  private static final int DOMAIN_CHARS_MIN = 3;
  private static final int DOMAIN_CHARS_MAX = 63;
  private static final Pattern RUN = Pattern.compile("run-(\\d{8})");

  /** A cycle file on the disk, by its place. */
  record Place(Path path, int run, long fileId) {}

  static boolean isDomainName(String name) {
    return name.length() >= DOMAIN_CHARS_MIN
        && name.length() <= DOMAIN_CHARS_MAX
        && DOMAIN.matcher(name).matches();
  }

  Path runPath(int run) {
    return path.resolve(String.format("run-%08d", run));
  }

  /** The numbers of all run directories, ascending; also of those without files. */
  List<Integer> runs() throws IOException {
    List<Integer> runs = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        var matcher = RUN.matcher(entry.getFileName().toString());
        if (matcher.matches()) {
          runs.add(Integer.valueOf(matcher.group(1)));
        }
      }
    }
    runs.sort(null);
    return runs;
  }

  /** All cycle files in the order in which they were appended to. */
  List<Place> cycleFiles() throws IOException {
    List<Place> places = new ArrayList<>();
    for (int run : runs()) {
      List<Path> files = new ArrayList<>();
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(runPath(run))) {
        for (Path entry : entries) {
          if (RunAppender.isCycleFile(entry)) {
            files.add(entry);
          }
        }
      }
      files.sort(null);
      for (Path file : files) {
        places.add(new Place(file, run, fileId(file)));
      }
    }
    return places;
  }

  /** Returns when all names in it are durable. */
  void force(Disk disk) throws IOException {
    for (int run : runs()) {
      disk.forceDirectory(runPath(run));
    }
    disk.forceDirectory(path);
  }

  /** Removes a run's directory with the Chronicle metadata in it; its cycle files must be gone. */
  void deleteRun(Disk disk, int run) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(runPath(run))) {
      for (Path entry : entries) {
        disk.delete(entry);
      }
    } catch (NoSuchFileException alreadyGone) {
      return;
    }
    disk.delete(runPath(run));
  }

  /**
   * Identifies one use of one cycle file: a digest of the volume's id, the domain, the run and the
   * cycle. No two uses have the same, because a run number is never used twice: its directory is
   * forced before anything is appended in it, and stays until a later run's is.
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
