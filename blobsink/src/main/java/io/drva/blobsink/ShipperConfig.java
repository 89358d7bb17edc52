package io.drva.blobsink;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * How a domain is shipped.
 *
 * @param segmentBytes length that a segment aims at: it is no longer, unless a single record makes
 *     it so
 * @param segmentRecordsMax records at which a segment is sealed
 * @param segmentAgeMsMax time after its first record at which a segment is sealed
 * @param uploadsInFlight segments that are uploaded at a time, as far as the domain's share has
 *     buffers for them; at most {@link Format#WINDOW}
 * @param backoffMsMin pause after the first failed attempt
 * @param backoffMsMax the longest pause
 * @param closeMsMax how long {@link Shipper#close} waits for what is sealed to be stored
 * @param nanoClock for intervals
 * @param microClock the time, microseconds since 1970
 * @param random for jitter; used by several threads
 * @param conditions makes the conditions of locks: what time is when a thread waits for a while
 * @param threads makes threads
 */
public record ShipperConfig(
    int segmentBytes,
    int segmentRecordsMax,
    int segmentAgeMsMax,
    int uploadsInFlight,
    int backoffMsMin,
    int backoffMsMax,
    int closeMsMax,
    LongSupplier nanoClock,
    LongSupplier microClock,
    RandomGenerator random,
    Function<Lock, Condition> conditions,
    ThreadFactory threads) {
  /** The usual {@link #segmentRecordsMax}. */
  public static final int SEGMENT_RECORDS_MAX = 16_384;

  public ShipperConfig {
    SegmentBuilder.requireSegmentBytes(segmentBytes);
    if (segmentRecordsMax < 1 || segmentRecordsMax > Format.RECORDS_MAX) {
      throw new IllegalArgumentException("records of a segment out of range: " + segmentRecordsMax);
    }
    if (uploadsInFlight < 1 || uploadsInFlight > Format.WINDOW) {
      throw new IllegalArgumentException(
          "uploads in flight: 1 to " + Format.WINDOW + ", not " + uploadsInFlight);
    }
    if (segmentAgeMsMax < 1 || backoffMsMin < 1 || backoffMsMax < backoffMsMin || closeMsMax < 0) {
      throw new IllegalArgumentException("a time of the shipper's configuration is out of range");
    }
  }

  /** As the other, with the system's conditions and threads. */
  public static ShipperConfig defaults(
      LongSupplier nanoClock, LongSupplier microClock, RandomGenerator random) {
    return defaults(
        nanoClock, microClock, random, Lock::newCondition, Thread.ofPlatform().daemon().factory());
  }

  /** 8 MiB or 500 ms, four uploads at a time, retries from 100 ms to 10 s apart. */
  public static ShipperConfig defaults(
      LongSupplier nanoClock,
      LongSupplier microClock,
      RandomGenerator random,
      Function<Lock, Condition> conditions,
      ThreadFactory threads) {
    return new ShipperConfig(
        8 << 20,
        SEGMENT_RECORDS_MAX,
        500,
        4,
        100,
        10_000,
        30_000,
        nanoClock,
        microClock,
        random,
        conditions,
        threads);
  }

  public ShipperConfig withSegment(int bytes, int recordsMax, int ageMsMax) {
    return new ShipperConfig(
        bytes,
        recordsMax,
        ageMsMax,
        uploadsInFlight,
        backoffMsMin,
        backoffMsMax,
        closeMsMax,
        nanoClock,
        microClock,
        random,
        conditions,
        threads);
  }

  public ShipperConfig withUploadsInFlight(int uploads) {
    return new ShipperConfig(
        segmentBytes,
        segmentRecordsMax,
        segmentAgeMsMax,
        uploads,
        backoffMsMin,
        backoffMsMax,
        closeMsMax,
        nanoClock,
        microClock,
        random,
        conditions,
        threads);
  }

  public ShipperConfig withBackoff(int msMin, int msMax) {
    return new ShipperConfig(
        segmentBytes,
        segmentRecordsMax,
        segmentAgeMsMax,
        uploadsInFlight,
        msMin,
        msMax,
        closeMsMax,
        nanoClock,
        microClock,
        random,
        conditions,
        threads);
  }

  public ShipperConfig withCloseMsMax(int ms) {
    return new ShipperConfig(
        segmentBytes,
        segmentRecordsMax,
        segmentAgeMsMax,
        uploadsInFlight,
        backoffMsMin,
        backoffMsMax,
        ms,
        nanoClock,
        microClock,
        random,
        conditions,
        threads);
  }
}
