package io.drva.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class BucketsTest {
  private static String scrape(int fast, int all) {
    return """
    # TYPE drva_log_force_seconds histogram
    drva_log_force_seconds_bucket{domain="bench",le="5.0E-5"} 0
    drva_log_force_seconds_bucket{domain="bench",le="0.001"} %d
    drva_log_force_seconds_bucket{domain="bench",le="0.1"} %d
    drva_log_force_seconds_bucket{domain="bench",le="+Inf"} %d
    drva_log_force_seconds_count{domain="bench"} %d
    drva_store_put_seconds_bucket{domain="bench",le="0.001"} 7
    """
        .formatted(fast, all, all, all);
  }

  private static Buckets force(int fast, int all) {
    return Buckets.of(scrape(fast, all), "drva_log_force_seconds");
  }

  @Test
  void readsTheHistogramOfThatName() {
    assertEquals(
        Map.of(5e-5, 0L, 1e-3, 90L, 0.1, 100L, Double.POSITIVE_INFINITY, 100L),
        force(90, 100).counts());
  }

  @Test
  void percentilesAreOfWhatWasCountedInBetween() {
    Buckets between = force(190, 200).since(force(100, 100));
    assertEquals(100, between.count());
    assertEquals(1e-3, between.percentile(50));
    assertEquals(1e-3, between.percentile(90));
    assertEquals(0.1, between.percentile(99));
  }
}
