package io.drva.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * What is simulated: sizes, limits, how much, for how long.
 *
 * @param seconds of simulated time while things go wrong; afterwards all goes well until everything
 *     is replicated
 * @param faultEverySeconds the mean time between two faults
 * @param hosts of each domain
 * @param bytesPerHost what each writes in all
 * @param writing in which way
 */
record Plan(
    int seconds,
    double faultEverySeconds,
    List<String> domains,
    int hosts,
    int disksPerHost,
    long bytesPerHost,
    Writing writing,
    long volumeBytes,
    int cycleBytes,
    int windowBytes,
    int segmentBytes,
    int segmentAgeMs,
    int uploads,
    int eventLoops,
    Defect defect) {

  /** How hosts write. */
  enum Writing {
    /** Everything that guests do, in bursts. */
    MIXED,
    /** Large writes, evenly over the time. */
    EVEN
  }

  private static final int CYCLE_BYTES = 4 << 20;

  /** Frames that wait for log writers, of all domains together: what the appliance allows. */
  private static final double QUEUE_BYTES = 48 << 20;

  /** What a session may hand over beyond that: the frames of one read. */
  private static final double READ_BYTES = 1 << 20;

  static Plan draw(SplittableRandom random) {
    int count = random.nextInt(1, 4);
    return new Plan(
        random.nextInt(20, 240),
        random.nextDouble(2, 20),
        domains(count),
        random.nextInt(1, 4),
        random.nextInt(1, 4),
        (long) random.nextInt(1, 16) << 20,
        Writing.MIXED,
        (long) CYCLE_BYTES * random.nextInt(2 * count + 2, 2 * count + 5),
        CYCLE_BYTES,
        random.nextInt(3) == 0 ? 2 << 20 : 16 << 20,
        random.nextInt(3) == 0 ? 1 << 20 : 128 << 10,
        random.nextInt(50, 2000),
        random.nextInt(1, 5),
        random.nextInt(1, 4),
        Defect.NONE);
  }

  /**
   * A log that rolls to another file so many times in so many hours, and is opened now and then.
   */
  static Plan rolling(int hours, int rolls) {
    int seconds = Math.toIntExact(TimeUnit.HOURS.toSeconds(hours));
    return new Plan(
        seconds,
        seconds / 24.0,
        domains(1),
        1,
        1,
        (long) rolls * CYCLE_BYTES,
        Writing.EVEN,
        6L * CYCLE_BYTES,
        CYCLE_BYTES,
        2 << 20,
        1 << 20,
        5000,
        2,
        1,
        Defect.NONE);
  }

  private static List<String> domains(int count) {
    List<String> domains = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      domains.add("domain-" + i);
    }
    return List.copyOf(domains);
  }

  Plan with(Defect newDefect) {
    return new Plan(
        seconds,
        faultEverySeconds,
        domains,
        hosts,
        disksPerHost,
        bytesPerHost,
        writing,
        volumeBytes,
        cycleBytes,
        windowBytes,
        segmentBytes,
        segmentAgeMs,
        uploads,
        eventLoops,
        newDefect);
  }

  /** What may wait for the log writers of an appliance. */
  double queuedBytesMax() {
    return QUEUE_BYTES + domains.size() * hosts * READ_BYTES;
  }
}
