package io.drva.recovery;

import io.drva.blobsink.BaselineState;
import io.drva.blobsink.ChainGap;
import io.drva.blobsink.Container;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.SegmentRefs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a recovery will do: nothing is written by making a plan. Immutable. */
public final class RecoveryPlan {
  /**
   * What a recovery does for one disk.
   *
   * @param vm the VM's name
   * @param disk the disk's name within it
   * @param capacityBytes the image's length
   * @param storedBytes what is fetched, with what is read through between chunks
   * @param writtenBytes what is written to the image; the rest of it reads as zeros
   * @param requests ranged reads; one that serves several disks counts for the first
   * @param recoverable false when the disk's baseline is running at the position, so that the image
   *     is not a disk's content
   */
  public record Disk(
      String vm,
      String disk,
      long capacityBytes,
      long storedBytes,
      long writtenBytes,
      long requests,
      boolean recoverable) {
    /** The name of the image file. */
    public String imageName() {
      return vm + "_" + disk + ".raw";
    }
  }

  private final Container container;
  private final SegmentRefs segments;
  private final List<DiskInfo> diskInfos;
  private final List<Disk> disks;
  private final long lsn;
  private final long timeMicros;
  private final List<String> warnings;

  private RecoveryPlan(
      ChainAtTarget chain, Container container, List<DiskInfo> diskInfos, List<Disk> disks) {
    this.container = container;
    this.segments = chain.segments();
    this.diskInfos = diskInfos;
    this.disks = disks;
    this.lsn = chain.lsn();
    this.timeMicros = chain.timeMicros();
    this.warnings = warnings(chain, diskInfos);
  }

  /**
   * Makes a plan. Reads headers and indexes only.
   *
   * @param disk {@code VM/DISK} to recover one disk only; empty for all
   * @throws io.drva.blobsink.CorruptObjectException when an object that the position needs is
   *     damaged or missing
   * @throws RecoveryException when there is no such position or disk
   */
  public static RecoveryPlan make(Container container, RecoveryTarget target, Optional<String> disk)
      throws IOException {
    ChainAtTarget chain = ChainAtTarget.find(container, target);
    List<DiskInfo> wanted = wanted(container, chain, disk);
    Count[] counts = new Count[wanted.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new Count();
    }
    new Sweep(container, chain.segments(), chain.lsn(), wanted)
        .run(tasks -> tasks.forEach(task -> count(task, counts)));
    List<Disk> disks = new ArrayList<>();
    for (int i = 0; i < counts.length; i++) {
      DiskInfo info = wanted.get(i);
      disks.add(
          new Disk(
              info.vm(),
              info.disk(),
              info.capacityBytes(),
              counts[i].storedBytes,
              counts[i].writtenBytes,
              counts[i].requests,
              info.baseline() != BaselineState.RUNNING));
    }
    return new RecoveryPlan(chain, container, wanted, List.copyOf(disks));
  }

  private static List<DiskInfo> wanted(
      Container container, ChainAtTarget chain, Optional<String> disk) throws RecoveryException {
    List<DiskInfo> wanted = new ArrayList<>();
    List<String> known = new ArrayList<>();
    Set<String> images = new HashSet<>();
    for (DiskInfo info : chain.disks()) {
      String name = info.vm() + "/" + info.disk();
      known.add(name);
      if (disk.isEmpty() || disk.get().equals(name)) {
        wanted.add(info);
        if (!images.add(info.vm() + "_" + info.disk())) {
          throw new RecoveryException(
              container.location()
                  + ": the images of two disks would have the name "
                  + info.vm()
                  + "_"
                  + info.disk()
                  + ".raw; recover one disk at a time, into folders of their own");
        }
      }
    }
    if (disk.isPresent() && wanted.isEmpty()) {
      throw new RecoveryException(
          container.location()
              + ": there is no disk "
              + disk.get()
              + " at LSN "
              + chain.lsn()
              + "; there are "
              + known);
    }
    return List.copyOf(wanted);
  }

  private static final class Count {
    long storedBytes;
    long writtenBytes;
    long requests;
  }

  private static void count(FetchTask task, Count[] counts) {
    counts[task.chunks().getFirst().disk()].requests++;
    long accounted = task.offset();
    for (FetchTask.Chunk chunk : task.chunks()) {
      long end = chunk.ref().offset() + chunk.ref().storedBytes();
      counts[chunk.disk()].storedBytes += end - accounted;
      accounted = end;
      for (int i = chunk.firstPiece(); i < chunk.endPiece(); i++) {
        counts[chunk.disk()].writtenBytes += task.pieces().lengthBytes[i];
      }
    }
  }

  private static List<String> warnings(ChainAtTarget chain, List<DiskInfo> disks) {
    List<String> warnings = new ArrayList<>();
    for (DiskInfo disk : disks) {
      String name = disk.vm() + "/" + disk.disk();
      switch (disk.baseline()) {
        case RUNNING ->
            warnings.add(
                "the baseline of "
                    + name
                    + " is running at LSN "
                    + chain.lsn()
                    + ": its image is not a disk's content");
        case NEVER_BEGUN ->
            warnings.add(
                "no baseline of "
                    + name
                    + " was begun: its image has only what was written since protection began");
        case COMPLETE -> {
          // As it should be.
        }
      }
    }
    if (chain.summary().descriptor().isEmpty()) {
      warnings.add("the container has no descriptor");
    }
    Optional<ChainGap> gap = chain.summary().gap();
    gap.ifPresent(g -> warnings.add(g.missing() + ": " + g.describe()));
    return List.copyOf(warnings);
  }

  Container container() {
    return container;
  }

  SegmentRefs segments() {
    return segments;
  }

  List<DiskInfo> diskInfos() {
    return diskInfos;
  }

  /** The position that is recovered. */
  public long lsn() {
    return lsn;
  }

  /** The time of the record at that position, microseconds since 1970. */
  public long timeMicros() {
    return timeMicros;
  }

  public List<Disk> disks() {
    return disks;
  }

  /** What the operator should know before using the images. */
  public List<String> warnings() {
    return warnings;
  }

  /** Bytes that are fetched for all disks; headers and indexes not counted. */
  public long storedBytes() {
    return disks.stream().mapToLong(Disk::storedBytes).sum();
  }

  /** Bytes that are written to all images. */
  public long writtenBytes() {
    return disks.stream().mapToLong(Disk::writtenBytes).sum();
  }

  /** Ranged reads for all disks; those of headers and indexes not counted. */
  public long requests() {
    return disks.stream().mapToLong(Disk::requests).sum();
  }
}
