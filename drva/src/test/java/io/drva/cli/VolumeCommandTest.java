package io.drva.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.logstore.DomainLog;
import io.drva.logstore.ForceListener;
import io.drva.logstore.LogVolume;
import io.drva.logstore.RecordType;
import io.drva.logstore.VolumeOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of a log store volume. */
class VolumeCommandTest {
  private static final int WRITES = 100;

  @TempDir Path folder;
  private String path;

  private void create() {
    path = folder.resolve("volume").toString();
    assertEquals(
        path + ": created, 32.0 MiB in 8 log files of 4.0 MiB\n",
        Cli.succeed("volume", "create", "--path", path, "--size", "32MiB", "--cycle", "4MiB"));
  }

  private void write() throws IOException {
    ForceListener silent =
        new ForceListener() {
          @Override
          public void forced(long lsn, long forceNanos) {}

          @Override
          public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
          }
        };
    try (LogVolume volume = LogVolume.open(Path.of(path), VolumeOptions.defaults());
        DomainLog log = volume.openDomain("finance", silent)) {
      log.attachHost(1, "host1", new byte[16], 1);
      log.openDisk(1, 1, "vm1", "disk0", 1 << 30, 512, 1);
      ByteBuffer data = ByteBuffer.allocate(4096);
      CRC32C crc = new CRC32C();
      crc.update(data.duplicate());
      for (long seq = 1; seq <= WRITES; seq++) {
        log.append(RecordType.WRITE, 0, 1, seq, 1, 0, 4096, 7_000_000, (int) crc.getValue(), data);
      }
    }
  }

  /** In the data of the write in the middle. */
  private void damage() throws IOException {
    try (var files = Files.walk(Path.of(path).resolve("domains/finance"))) {
      Path log = files.filter(file -> file.toString().endsWith(".cq4")).sorted().toList().getLast();
      try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
        file.seek(file.length() < 1 << 20 ? 0 : 220_000);
        file.write(0x55);
      }
    }
  }

  @Test
  void createsShowsAndGrows() throws IOException {
    create();
    assertTrue(
        Cli.fail(1, "volume", "create", "--path", path, "--size", "1GiB")
            .contains("there is a volume already"));
    String shown = Cli.succeed("volume", "show", "--path", path);
    assertTrue(shown.contains("32.0 MiB, 8 log files of 4.0 MiB, 8 free"), shown);
    assertTrue(shown.contains("no domain has a log on it"), shown);
    assertEquals(
        "the volume has 64.0 MiB in 16 log files of 4.0 MiB (3.0 MiB of the 67.0 MiB asked for do not fill another)\n",
        Cli.succeed("volume", "grow", "--path", path, "--size", "67MiB"));
    assertEquals(
        16, Cli.json("volume", "show", "--path", path, "--json").get("cyclesFree").asInt());
    assertTrue(
        Cli.fail(1, "volume", "grow", "--path", path, "--size", "32MiB")
            .contains("does not shrink"));
    assertTrue(
        Cli.fail(1, "volume", "grow", "--control", "127.0.0.1:1", "--size", "32MiB")
            .contains("no appliance answers at 127.0.0.1:1"));
  }

  @Test
  void namesWhatIsWrong() {
    String absent = folder.resolve("absent").toString();
    for (String command : new String[] {"show", "check"}) {
      assertTrue(
          Cli.fail(1, "volume", command, "--path", absent).contains("no such directory"), command);
    }
    assertTrue(
        Cli.fail(2, "volume", "create", "--path", absent, "--size", "8MiB")
            .contains(
                "8.0 MiB is too small for a volume with log files of 64.0 MiB: at least 256.0 MiB"));
  }

  @Test
  void checksASoundVolume() throws IOException {
    create();
    write();
    String checked = Cli.succeed("volume", "check", "--path", path);
    assertTrue(
        checked.contains("finance  2      1 to 102  0         400.0 KiB  1      1"), checked);
    assertTrue(checked.contains("sound"), checked);
    JsonNode log = Cli.json("volume", "check", "--path", path, "--json").get("logs").get(0);
    assertEquals(102, log.get("content").get("lastLsn").asLong());
    assertTrue(log.get("content").get("damage").isNull());
    assertTrue(
        Cli.fail(2, "volume", "truncate", "--path", path, "--domain", "finance", "--yes")
            .contains("is not damaged"));
    assertTrue(
        Cli.fail(2, "volume", "truncate", "--path", path, "--domain", "other", "--yes")
            .contains("has no log of domain 'other'"));
  }

  @Test
  void saysWhatIsLostAndEndsTheLogBeforeTheDamage() throws IOException {
    create();
    write();
    damage();
    Cli check = Cli.run("volume", "check", "--path", path);
    assertEquals(1, check.exitCode());
    assertTrue(check.out().contains("DAMAGED"), check.out());
    assertTrue(check.out().contains(".cq4: damaged at offset "), check.out());
    assertTrue(check.out().contains("at least up to LSN 102"), check.out());
    assertTrue(
        check.out().contains("host1 had sent up to 100 at least, and falls back to "), check.out());
    String[] truncate = {"volume", "truncate", "--path", path, "--domain", "finance"};
    Cli dryRun = Cli.run(truncate);
    assertEquals(1, dryRun.exitCode());
    assertTrue(dryRun.out().contains("nothing was done"), dryRun.out());
    assertEquals(1, Cli.run("volume", "check", "--path", path).exitCode());
    String done = Cli.succeed("volume", "truncate", "--path", path, "--domain", "finance", "--yes");
    assertTrue(done.contains("the log ends with LSN "), done);
    Cli.succeed("volume", "check", "--path", path);
  }

  @Test
  void discardsALog() throws IOException {
    create();
    write();
    String[] discard = {"volume", "discard", "--path", path, "--domain", "finance"};
    Cli dryRun = Cli.run(discard);
    assertEquals(1, dryRun.exitCode());
    assertTrue(dryRun.out().contains("1 to 102"), dryRun.out());
    assertFalse(Cli.json("volume", "show", "--path", path, "--json").get("logs").isEmpty());
    Cli.succeed("volume", "discard", "--path", path, "--domain", "finance", "--yes");
    assertTrue(Cli.json("volume", "show", "--path", path, "--json").get("logs").isEmpty());
  }
}
