package io.drva.recovery;

import io.drva.blobsink.Container;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.ObjectNames;
import io.drva.blobsink.SegmentHeads;
import io.drva.blobsink.SegmentIndex;
import io.drva.blobsink.SegmentRefs;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Goes through segments from the newest to the oldest, record by record backwards, and hands on the
 * parts of the data that no newer record replaced. So every byte of a disk is fetched and written
 * at most once, and the order in which that is done does not matter. Owned by one thread.
 */
final class Sweep {
  /** Takes the reads of a lot. */
  @FunctionalInterface
  interface Tasks {
    void take(List<FetchTask> tasks) throws IOException;
  }

  private static final int NOT_WANTED = -1;

  private final Container container;
  private final SegmentRefs segments;
  private final long lastLsn;
  private final List<DiskInfo> disks;
  private final DiskCoverage[] coverage;
  private final Map<Integer, Integer> placeByNumber = new HashMap<>();
  private final LivePieces live = new LivePieces();

  /**
   * Prepares a sweep.
   *
   * @param segments in the order of the chain
   * @param lastLsn records beyond it do not count
   * @param disks those wanted, with their capacity at that position
   */
  Sweep(Container container, SegmentRefs segments, long lastLsn, List<DiskInfo> disks) {
    this.container = container;
    this.segments = segments;
    this.lastLsn = lastLsn;
    this.disks = disks;
    this.coverage = new DiskCoverage[disks.size()];
    for (int i = 0; i < disks.size(); i++) {
      coverage[i] = new DiskCoverage(disks.get(i).capacityBytes());
      placeByNumber.put(disks.get(i).number(), i);
    }
  }

  void run(Tasks tasks) throws IOException {
    try (SegmentHeads heads = new SegmentHeads(container, segments)) {
      for (SegmentIndex index = heads.next();
          index != null && !isComplete();
          index = heads.next()) {
        segment(index, tasks);
      }
    }
  }

  private boolean isComplete() {
    for (DiskCoverage disk : coverage) {
      if (!disk.isComplete()) {
        return false;
      }
    }
    return true;
  }

  private void segment(SegmentIndex index, Tasks tasks) throws IOException {
    int[] diskOf = new int[index.disks().size()];
    for (int i = 0; i < diskOf.length; i++) {
      diskOf[i] = placeByNumber.getOrDefault(index.disks().get(i).number(), NOT_WANTED);
    }
    int last = (int) Math.min(index.recordCount(), lastLsn - index.header().firstLsn() + 1) - 1;
    for (int record = last; record >= 0; record--) {
      if (index.type(record).hasExtent() && diskOf[index.disk(record)] != NOT_WANTED) {
        cover(index, record, diskOf[index.disk(record)]);
        if (live.isFull()) {
          flush(index, diskOf, tasks);
        }
      }
    }
    flush(index, diskOf, tasks);
  }

  private void cover(SegmentIndex index, int record, int disk) throws CorruptObjectException {
    long offset = index.offsetBytes(record);
    long length = index.lengthBytes(record);
    if (offset > disks.get(disk).capacityBytes() - length) {
      // The index is sound by the disk's capacity at its end, which may be larger than at the
      // target.
      throw new CorruptObjectException(
          container.location(),
          ObjectNames.chain(index.header().number()),
          -1,
          "LSN " + index.lsn(record) + " writes beyond its disk's capacity at that position");
    }
    boolean hasData = index.type(record).hasData();
    coverage[disk].cover(
        offset,
        length,
        (from, bytes) -> {
          if (hasData) {
            live.add(record, from, (int) bytes);
          }
        });
  }

  private void flush(SegmentIndex index, int[] diskOf, Tasks tasks) throws IOException {
    if (live.count > 0) {
      tasks.take(FetchTask.build(index, live, diskOf));
      live.clear();
    }
  }
}
