package io.drva.appliance;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * What an appliance is told at start.
 *
 * @param listen where host filters connect
 * @param control where the control API and {@code /metrics} are served; loopback only
 * @param store URI of the object store, {@code dir:PATH} or {@code azure:ENDPOINT}
 * @param volumePath directory of the log store volume, which must have been created
 * @param domains domains to assign at start, besides those that the volume already holds
 * @param windowBytes what a host may have sent and not yet logged
 * @param segmentBytes stored size at which a segment is sealed
 * @param segmentAgeMs age at which it is sealed if it has not reached that size
 * @param uploadsInFlight parallel uploads of a domain
 */
public record ApplianceConfig(
    InetSocketAddress listen,
    InetSocketAddress control,
    String store,
    Path volumePath,
    List<String> domains,
    int windowBytes,
    int segmentBytes,
    int segmentAgeMs,
    int uploadsInFlight) {
  public static final int LISTEN_PORT = 7440;
  public static final int CONTROL_PORT = 7441;
  public static final int WINDOW_BYTES = 16 << 20;
  public static final int WINDOW_BYTES_MIN = 2 << 20;
  public static final int WINDOW_BYTES_MAX = 256 << 20;
  public static final int SEGMENT_BYTES = 8 << 20;
  public static final int SEGMENT_BYTES_MIN = 64 << 10;
  public static final int SEGMENT_BYTES_MAX = 32 << 20;
  public static final int SEGMENT_AGE_MS = 500;
  public static final int SEGMENT_AGE_MS_MIN = 10;
  public static final int SEGMENT_AGE_MS_MAX = 3_600_000;
  public static final int UPLOADS_IN_FLIGHT = 4;
  public static final int UPLOADS_IN_FLIGHT_MAX = 16;

  public ApplianceConfig {
    domains = List.copyOf(domains);
  }
}
