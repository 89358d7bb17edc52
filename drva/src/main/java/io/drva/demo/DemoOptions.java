package io.drva.demo;

import java.nio.file.Path;
import java.util.List;

/**
 * What the demo does.
 *
 * @param store URI of the store to use, whose content is left there; null for a temporary folder
 * @param domain name of the protected domain
 * @param trace block trace to replay as one disk of one host; null for made-up writes
 * @param speed how much faster than recorded the trace is replayed; 0 for as fast as it is accepted
 * @param hosts hosts that write
 * @param disksPerHost disks of each
 * @param diskBytes capacity of each
 * @param totalBytes what all hosts write together
 * @param writeSizesBytes sizes of the writes, each as likely as the others
 * @param bytesPerSecond pace of all hosts together; 0 for as fast as they are accepted
 * @param seed decides the writes
 */
public record DemoOptions(
    String store,
    String domain,
    Path trace,
    double speed,
    int hosts,
    int disksPerHost,
    long diskBytes,
    long totalBytes,
    List<Integer> writeSizesBytes,
    long bytesPerSecond,
    long seed) {

  public DemoOptions {
    writeSizesBytes = List.copyOf(writeSizesBytes);
  }
}
