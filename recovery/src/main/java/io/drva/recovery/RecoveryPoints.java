package io.drva.recovery;

import io.drva.blobsink.ChainGap;
import io.drva.blobsink.ChainReader;
import io.drva.blobsink.ChainSummary;
import io.drva.blobsink.ChainVisitor;
import io.drva.blobsink.Container;
import io.drva.blobsink.DiskInfo;
import io.drva.blobsink.ObjectHeader;
import io.drva.blobsink.RecordType;
import io.drva.blobsink.SegmentIndex;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a container can be recovered to. Every LSN in the range is crash-consistent for each host;
 * for a disk, those within one of its baselines are not recovery points.
 *
 * @param firstLsn the first position, 0 when there is none
 * @param lastLsn the last position, 0 when there is none
 * @param firstTimeMicros time of the first record, microseconds since 1970
 * @param lastTimeMicros time of the last record
 * @param segments segments in the chain
 * @param storedBytes bytes of the chain's objects
 * @param rawBytes bytes of data before compression
 * @param terms the owners' terms, in order
 * @param disks the disks at the end
 * @param baselines when the baselines of disks were running
 * @param gap set when an object is missing behind the last position
 */
public record RecoveryPoints(
    long firstLsn,
    long lastLsn,
    long firstTimeMicros,
    long lastTimeMicros,
    long segments,
    long storedBytes,
    long rawBytes,
    List<Term> terms,
    List<DiskInfo> disks,
    List<Baseline> baselines,
    Optional<ChainGap> gap) {

  /**
   * A term of ownership.
   *
   * @param epoch which
   * @param fenceNumber the number of the fence that began it
   * @param firstLsn the LSN that its first record has, or would have
   * @param createdMicros when it began, by the owner's clock
   */
  public record Term(long epoch, long fenceNumber, long firstLsn, long createdMicros) {}

  /**
   * A stretch in which a disk has no recovery points.
   *
   * @param vm the VM's name
   * @param disk the disk's name within it
   * @param firstLsn the first that is not a recovery point
   * @param endLsn the first that is one again; 0 when the baseline is running at the chain's end
   */
  public record Baseline(String vm, String disk, long firstLsn, long endLsn) {}

  /**
   * Reads the chain's headers and indexes.
   *
   * @throws io.drva.blobsink.CorruptObjectException when an object is damaged
   */
  public static RecoveryPoints read(Container container) throws IOException {
    Collector collector = new Collector();
    ChainSummary summary = ChainReader.walk(container, collector);
    for (RunningBaseline running : collector.running.values()) {
      collector.baselines.add(
          new Baseline(running.disk.vm(), running.disk.disk(), running.firstLsn, 0));
    }
    return new RecoveryPoints(
        collector.segments == 0 ? 0 : 1,
        summary.head().lastLsn(),
        collector.firstTimeMicros,
        summary.head().lastTimeMicros(),
        collector.segments,
        collector.storedBytes,
        collector.rawBytes,
        List.copyOf(collector.terms),
        summary.head().disks(),
        List.copyOf(collector.baselines),
        summary.gap());
  }

  private record RunningBaseline(DiskInfo disk, long firstLsn) {}

  private static final class Collector implements ChainVisitor {
    private final List<Term> terms = new ArrayList<>();
    private final List<Baseline> baselines = new ArrayList<>();
    private final Map<Integer, RunningBaseline> running = new HashMap<>();
    private long segments;
    private long firstTimeMicros;
    private long storedBytes;
    private long rawBytes;

    @Override
    public void fence(ObjectHeader header) {
      terms.add(
          new Term(header.epoch(), header.number(), header.firstLsn(), header.createdMicros()));
      storedBytes += header.objectBytes();
    }

    @Override
    public void segment(SegmentIndex index) {
      ObjectHeader header = index.header();
      if (segments == 0) {
        firstTimeMicros = header.firstTimeMicros();
      }
      segments++;
      storedBytes += header.objectBytes();
      rawBytes += header.rawBytes();
      for (int i = 0; i < index.recordCount(); i++) {
        if (index.type(i) == RecordType.BASELINE) {
          baseline(index, i);
        }
      }
    }

    private void baseline(SegmentIndex index, int record) {
      DiskInfo disk = index.disks().get(index.disk(record));
      RunningBaseline before = running.get(disk.number());
      if (!index.endsBaseline(record)) {
        if (before == null) {
          running.put(disk.number(), new RunningBaseline(disk, index.lsn(record)));
        }
      } else if (before != null) {
        running.remove(disk.number());
        baselines.add(new Baseline(disk.vm(), disk.disk(), before.firstLsn, index.lsn(record)));
      }
    }
  }
}
