package io.drva.recovery;

import io.drva.blobsink.BaselineState;
import io.drva.blobsink.ChainGapException;
import io.drva.blobsink.ChainReader;
import io.drva.blobsink.ChainSummary;
import io.drva.blobsink.ChainVisitor;
import io.drva.blobsink.Container;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.RecordType;
import io.drva.blobsink.SegmentIndex;
import io.drva.blobsink.SegmentRefs;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Follows a chain to the position asked for: which segments hold it, and what the disks are there.
 * Behind that position nothing is looked at, so that damage there does not matter.
 */
final class ChainAtTarget implements ChainVisitor {
  private final RecoveryTarget target;
  private final SegmentRefs segments = new SegmentRefs();
  private final Map<Integer, DiskInfo> disks = new TreeMap<>();
  private long firstTimeMicros;
  private long lsn;
  private long timeMicros;
  private boolean reached;
  private ChainSummary summary;

  private ChainAtTarget(RecoveryTarget target) {
    this.target = target;
  }

  static ChainAtTarget find(Container container, RecoveryTarget target) throws IOException {
    ChainAtTarget found = new ChainAtTarget(target);
    found.summary = ChainReader.walk(container, found);
    if (!found.reached
        && !(found.summary.gap().isEmpty() && target instanceof RecoveryTarget.Latest)) {
      found.refuseUnlessReached(container);
    }
    if (found.lsn == 0) {
      throw new RecoveryException(container.location() + ": " + found.nothing());
    }
    return found;
  }

  /** The chain ended before the target was certain to be reached. */
  private void refuseUnlessReached(Container container) throws IOException {
    if (summary.gap().isPresent()) {
      throw new ChainGapException(container, summary.gap().get());
    }
    if (target instanceof RecoveryTarget.AtLsn at) {
      throw new RecoveryException(
          container.location()
              + ": there is no LSN "
              + at.lsn()
              + "; the chain has 1 to "
              + summary.head().lastLsn());
    }
  }

  private String nothing() {
    return target instanceof RecoveryTarget.AtTime at && summary.head().lastLsn() > 0
        ? "there is no record at or before "
            + time(at.timeMicros())
            + "; the first is of "
            + time(firstTimeMicros)
        : "the chain holds no records";
  }

  /** As a target is given: ISO 8601 in UTC. */
  private static Instant time(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  @Override
  public void segment(SegmentIndex index) {
    if (index.header().firstLsn() == 1) {
      firstTimeMicros = index.header().firstTimeMicros();
    }
    int count = recordsWithin(index);
    reached = count < index.recordCount() || endsAtTarget(index);
    if (count == 0) {
      return;
    }
    segments.add(index.header());
    lsn = index.lsn(count - 1);
    timeMicros = index.timeMicros(count - 1);
    if (count == index.recordCount()) {
      index.disks().forEach(disk -> disks.put(disk.number(), disk));
    } else {
      for (int i = 0; i < count; i++) {
        apply(index, i);
      }
    }
  }

  private boolean endsAtTarget(SegmentIndex index) {
    return target instanceof RecoveryTarget.AtLsn at && at.lsn() == index.header().lastLsn();
  }

  /**
   * How many of the segment's records are at or before the target: times never go back, so they are
   * the first ones.
   */
  private int recordsWithin(SegmentIndex index) {
    return switch (target) {
      case RecoveryTarget.Latest latest -> index.recordCount();
      case RecoveryTarget.AtLsn at ->
          (int)
              Math.clamp(at.lsn() - index.header().firstLsn() + 1, 0L, (long) index.recordCount());
      case RecoveryTarget.AtTime at -> recordsUpTo(index, at.timeMicros());
    };
  }

  private static int recordsUpTo(SegmentIndex index, long micros) {
    int low = 0;
    int high = index.recordCount();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (index.timeMicros(middle) <= micros) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * What one record of the last segment changes about its disk; the disk table speaks of the
   * segment's end.
   */
  private void apply(SegmentIndex index, int record) {
    RecordType type = index.type(record);
    if (!type.namesDisk()) {
      return;
    }
    DiskInfo atEnd = index.disks().get(index.disk(record));
    DiskInfo before = disks.get(atEnd.number());
    BaselineState baseline = before == null ? BaselineState.NEVER_BEGUN : before.baseline();
    if (type == RecordType.BASELINE) {
      baseline = index.endsBaseline(record) ? BaselineState.COMPLETE : BaselineState.RUNNING;
    }
    // The chain's reader has made sure that the first record of a disk opens it.
    long capacityBytes =
        type == RecordType.DISK_OPENED || before == null
            ? index.offsetBytes(record)
            : before.capacityBytes();
    disks.put(
        atEnd.number(),
        new DiskInfo(
            atEnd.number(),
            atEnd.sectorBytes(),
            capacityBytes,
            baseline,
            atEnd.vm(),
            atEnd.disk()));
  }

  @Override
  public boolean goesOn() {
    return !reached;
  }

  /** The segments that hold the position and all before it, in order. */
  SegmentRefs segments() {
    return segments;
  }

  /** The disks at the position. */
  List<DiskInfo> disks() {
    return List.copyOf(disks.values());
  }

  long lsn() {
    return lsn;
  }

  long timeMicros() {
    return timeMicros;
  }

  ChainSummary summary() {
    return summary;
  }
}
