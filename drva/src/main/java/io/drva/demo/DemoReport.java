package io.drva.demo;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * What the demo measured. The names are the keys of {@code drva demo --json}, without the
 * differences: a contract.
 *
 * @param writes extents sent, zeroes and discards included
 * @param bytesWritten their bytes
 * @param seconds from the first write to the last one's {@code replicated} acknowledgement
 * @param throughputMBps bytesWritten / seconds, in 10^6 bytes per second
 * @param iops writes / seconds
 * @param ackLatencyMs from handing a write to the client library to its {@code logged}
 *     acknowledgement
 * @param replicatedRpoMs the replicated RPO of the domain, sampled every 10 ms while there was load
 * @param compressionRatio guest data / stored data of the segments' chunks and indexes
 * @param objects objects in the container's chain
 * @param bytesStored their bytes
 * @param recoverySeconds to recover every disk into images
 * @param verified whether every image is equal to what was written, byte for byte
 * @param differences what is not equal; empty when verified
 */
public record DemoReport(
    long writes,
    long bytesWritten,
    double seconds,
    double throughputMBps,
    double iops,
    Percentiles ackLatencyMs,
    Percentiles replicatedRpoMs,
    double compressionRatio,
    long objects,
    long bytesStored,
    double recoverySeconds,
    boolean verified,
    @JsonIgnore List<String> differences) {

  /** Percentiles in milliseconds. */
  public record Percentiles(double p50, double p99, double p999) {
    static Percentiles ofNanos(org.HdrHistogram.Histogram histogram) {
      return new Percentiles(
          millis(histogram.getValueAtPercentile(50)),
          millis(histogram.getValueAtPercentile(99)),
          millis(histogram.getValueAtPercentile(99.9)));
    }

    private static double millis(long nanos) {
      return Math.round(nanos / 1e3) / 1e3;
    }
  }
}
