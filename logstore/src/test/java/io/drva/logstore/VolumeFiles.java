package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** Looks at, copies and damages the files of a volume behind the log's back. */
final class VolumeFiles {

  /** Where a record lies, behind the header of its document if it is the only one in it. */
  record Place(Path file, long position, long end, int type, long lsn) {
    long documentPosition() {
      return position - Integer.BYTES;
    }
  }

  private VolumeFiles() {}

  /** What a process that was killed now would leave behind. */
  static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }

  static List<Path> cycleFiles(Path volume, String domain) throws IOException {
    try (Stream<Path> paths = Files.walk(volume.resolve("domains").resolve(domain))) {
      return paths.filter(path -> path.toString().endsWith(".cq4")).sorted().toList();
    }
  }

  static int pooledFiles(Path volume) throws IOException {
    try (Stream<Path> paths = Files.list(volume.resolve("pool"))) {
      return paths.toList().size();
    }
  }

  /** The blocks that the whole volume takes, Chronicle's metadata and directories included. */
  static long allocatedBytes(Path volume) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("du", "-s", "--block-size=1", volume.toString()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("du failed: " + output);
    }
    return Long.parseLong(output.substring(0, output.indexOf('\t')));
  }

  /** All intact records of a domain's files, in order, SNAPSHOT and SEAL included. */
  static List<Place> records(Path volume, String domain) throws IOException {
    UUID id = VolumeDescriptor.read(volume.resolve(VolumeDescriptor.FILE_NAME)).id();
    DomainDirectory directory =
        new DomainDirectory(id, domain, volume.resolve("domains").resolve(domain));
    List<Place> records = new ArrayList<>();
    CycleScanner scanner = new CycleScanner();
    for (DomainDirectory.Place place : directory.cycleFiles()) {
      try (FileChannel channel = FileChannel.open(place.path())) {
        scanner.start(channel, place.fileId());
        while (scanner.next(channel.size()) == CycleScanner.Found.RECORD) {
          records.add(
              new Place(
                  place.path(),
                  scanner.recordPosition(),
                  scanner.position(),
                  scanner.header().type,
                  scanner.header().lsn));
        }
      }
    }
    return records;
  }

  static Place record(Path volume, String domain, long lsn) throws IOException {
    return records(volume, domain).stream()
        .filter(place -> RecordType.hasLsn(place.type()) && place.lsn() == lsn)
        .findFirst()
        .orElseThrow();
  }

  static void flip(Path file, long position) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, position);
      one.put(0, (byte) (one.get(0) ^ 0x40)).flip();
      channel.write(one, position);
    }
  }

  /** Copies a record that is alone in its document to the same position of another file. */
  static void transplant(Place record, Path target) throws IOException {
    try (FileChannel from = FileChannel.open(record.file());
        FileChannel to = FileChannel.open(target, StandardOpenOption.WRITE)) {
      ByteBuffer document = ByteBuffer.allocate((int) (record.end() - record.documentPosition()));
      from.read(document, record.documentPosition());
      to.write(document.flip(), record.documentPosition());
    }
  }

  /** As if nothing had been written from there on. */
  static void zeroFrom(Path file, long position) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.allocate((int) (channel.size() - position)), position);
    }
  }

  static void truncate(Path file, long length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
    }
  }
}
