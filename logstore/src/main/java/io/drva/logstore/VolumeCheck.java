package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * Looks at a volume and changes nothing on it.
 *
 * @param path its directory
 * @param id which volume it is
 * @param size what it was made or has grown to
 * @param cyclesFree cycle files that no log has
 * @param cyclesMissing cycle files that should be there and are not, or are cut short
 * @param logs one for each domain
 */
public record VolumeCheck(
    Path path, UUID id, VolumeSize size, int cyclesFree, int cyclesMissing, List<Log> logs) {

  public VolumeCheck {
    logs = List.copyOf(logs);
  }

  /**
   * A domain's log.
   *
   * @param domain the domain
   * @param cycles the cycle files that it has
   * @param chain the chain that it is shipped to; empty when it never was
   * @param content what it holds; empty when it was not read
   */
  public record Log(
      String domain, int cycles, Optional<ChainOfLog> chain, Optional<Content> content) {}

  /**
   * What the records of a log add up to, as far as they are intact.
   *
   * @param firstLsn the oldest LSN that is there
   * @param lastLsn the newest; {@code firstLsn - 1} when there is no record
   * @param releasedLsn up to here everything is known to be in the object store
   * @param dataBytes the disk data in the records
   * @param lastTimeMicros the latest time of any record, microseconds since 1970; 0 when none
   * @param hosts the hosts as of {@code lastLsn}
   * @param disks the disks as of {@code lastLsn}
   * @param damage why the log ends with {@code lastLsn} though it went on; empty when it is sound
   */
  public record Content(
      long firstLsn,
      long lastLsn,
      long releasedLsn,
      long dataBytes,
      long lastTimeMicros,
      List<HostState> hosts,
      List<DiskState> disks,
      Optional<Damage> damage) {

    public Content {
      hosts = List.copyOf(hosts);
      disks = List.copyOf(disks);
    }
  }

  /**
   * Where a log is damaged, and what is lost with it.
   *
   * @param file the cycle file
   * @param offsetBytes where in it
   * @param message both, and what is wrong
   * @param lost what lies behind
   */
  public record Damage(Path file, long offsetBytes, String message, LostRecords lost) {}

  public boolean isSound() {
    return cyclesMissing == 0
        && logs.stream().allMatch(log -> log.content().flatMap(Content::damage).isEmpty());
  }

  /**
   * Looks at the volume without reading its logs. An appliance may have it open.
   *
   * @throws VolumeException when there is none, or it is newer or damaged
   */
  public static VolumeCheck show(Path directory) throws IOException {
    return new Reading(directory).look(false, _ -> {});
  }

  /**
   * Reads every record of every log, and says where one is damaged.
   *
   * @param scanned told of the bytes read, file by file; {@code size.sizeBytes()} in all, or less
   * @throws VolumeException when a process has the volume open, when there is none, or it is newer
   *     or damaged
   */
  public static VolumeCheck check(Path directory, LongConsumer scanned) throws IOException {
    Reading reading = new Reading(directory);
    try (VolumeLock _ = VolumeLock.shared(reading.layout)) {
      return reading.look(true, scanned);
    }
  }

  /** One look at a volume. */
  private static final class Reading {
    private final Disk disk = new SystemDisk();
    private final VolumeLayout layout;
    private final VolumeDescriptor descriptor;

    Reading(Path directory) throws IOException {
      layout = new VolumeLayout(directory);
      descriptor = layout.describe();
    }

    VolumeCheck look(boolean contents, LongConsumer scanned) throws IOException {
      CyclePool pool = new CyclePool(disk, layout.pool(), descriptor.size().cycleBytes());
      int free = pool.cycles();
      int removed = 0;
      for (String domain : layout.removedNames()) {
        removed +=
            new DomainDirectory(descriptor.id(), domain, layout.removed(domain))
                .cycleFiles()
                .size();
      }
      int held = 0;
      List<Log> logs = new ArrayList<>();
      for (DomainDirectory place : layout.logs(descriptor.id())) {
        int cycles = place.cycleFiles().size();
        held += cycles;
        logs.add(
            new Log(
                place.domain(),
                cycles,
                ChainOfLog.read(place.path()),
                contents ? Optional.of(content(place, pool, scanned)) : Optional.empty()));
      }
      int missing = descriptor.size().cycles() - free - held - removed;
      return new VolumeCheck(
          layout.root(),
          descriptor.id(),
          descriptor.size(),
          free + removed,
          Math.max(0, missing),
          logs);
    }

    private Content content(DomainDirectory place, CyclePool pool, LongConsumer scanned)
        throws IOException {
      DomainRecovery recovery = new DomainRecovery(disk, layout, place, pool);
      recovery.run(LogOrigin.NONE, scanned);
      Optional<Damage> damage = Optional.empty();
      if (recovery.damage().isPresent()) {
        LogDamagedException found = recovery.damage().get();
        damage =
            Optional.of(
                new Damage(found.file(), found.offsetBytes(), found.getMessage(), recovery.lost()));
      }
      List<CycleFile> files = recovery.files();
      return new Content(
          files.isEmpty() ? recovery.lastLsn() + 1 : files.getFirst().firstLsn,
          recovery.lastLsn(),
          recovery.releasedLsn(),
          recovery.dataBytes(),
          recovery.state().lastTimeMicros(),
          recovery.state().hosts(),
          recovery.state().disks(),
          damage);
    }
  }
}
