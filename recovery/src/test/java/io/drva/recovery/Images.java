package io.drva.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drva.blobsink.TestRecord;
import io.drva.blobsink.TestWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Compares recovered images with what the records make of the disks. */
final class Images {
  private Images() {}

  static void assertEqualsModel(List<TestRecord> records, long lsn, Path folder)
      throws IOException {
    Map<String, byte[]> expected = TestWorkload.at(records, lsn);
    List<String> expectedNames = new ArrayList<>();
    expected.keySet().forEach(name -> expectedNames.add(name + ".raw"));
    assertEquals(new TreeSet<>(expectedNames), new TreeSet<>(names(folder)), "LSN " + lsn);
    for (Map.Entry<String, byte[]> disk : expected.entrySet()) {
      assertArrayEquals(
          disk.getValue(),
          Files.readAllBytes(folder.resolve(disk.getKey() + ".raw")),
          disk.getKey() + " at LSN " + lsn);
    }
  }

  static List<String> names(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
