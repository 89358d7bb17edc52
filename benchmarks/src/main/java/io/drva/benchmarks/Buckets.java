package io.drva.benchmarks;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A histogram of the appliance's metrics.
 *
 * @param counts values up to each bucket's upper bound, those of the buckets below included
 */
record Buckets(NavigableMap<Double, Long> counts) {
  private static final Pattern BUCKET =
      Pattern.compile("^(\\w+)_bucket\\{.*\\ble=\"(.+?)\".*} (.+)$", Pattern.MULTILINE);

  /** The histogram of that name in a scrape, which is Prometheus text. */
  static Buckets of(String scrape, String name) {
    NavigableMap<Double, Long> counts = new TreeMap<>();
    Matcher bucket = BUCKET.matcher(scrape);
    while (bucket.find()) {
      if (bucket.group(1).equals(name)) {
        String bound = bucket.group(2).replace("+Inf", "Infinity");
        counts.put(Double.parseDouble(bound), (long) Double.parseDouble(bucket.group(3)));
      }
    }
    return new Buckets(counts);
  }

  /** What was counted since an earlier scrape. */
  Buckets since(Buckets earlier) {
    NavigableMap<Double, Long> counted = new TreeMap<>();
    counts.forEach((bound, count) -> counted.put(bound, count - earlier.counts.get(bound)));
    return new Buckets(counted);
  }

  long count() {
    return counts.lastEntry().getValue();
  }

  /** The upper bound of the bucket that the percentile is in. */
  double percentile(double percent) {
    double rank = count() * percent / 100;
    return counts.entrySet().stream()
        .filter(bucket -> bucket.getValue() >= rank)
        .findFirst()
        .map(Map.Entry::getKey)
        .orElseThrow();
  }
}
