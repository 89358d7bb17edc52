package io.drva.blobsink;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory of all segments of a process: buffers of one size, each for one segment from its first
 * record until it is stored. Every domain has {@link #GUARANTEED} of its own, one to fill while the
 * other is stored; beyond that it borrows from the spares, which all domains share. Safe for use by
 * several threads.
 *
 * <p>What is promised, whatever the other domains do and however long they keep what they took:
 *
 * <ol>
 *   <li>There are at most {@code GUARANTEED * domainsMax + spares} buffers, of {@link #bufferBytes}
 *       each. (One that was discarded is no longer one of them; its memory goes when nobody reads
 *       it any more.)
 *   <li>A domain that holds fewer than {@link #GUARANTEED} gets one without waiting.
 *   <li>A domain that holds more waits only while it holds all it may, or all spares are lent.
 *       Which of several borrowers comes first is not promised.
 *   <li>A domain is refused only when {@code domainsMax} have joined and not left. Its buffers are
 *       kept for it before it joins, so that no borrower is in its way. It has left when its share
 *       is closed and its last buffer has come home: an upload that hangs needs its memory.
 * </ol>
 *
 * Why the second holds: at most {@code spares} are counted as lent, so what all domains hold leaves
 * what is missing to {@link #GUARANTEED} in each of {@code domainsMax}. Memory is reserved when a
 * buffer is first needed, and then kept for whoever needs one next.
 */
public final class SegmentBuffers {
  /** Buffers that a domain never waits for. */
  public static final int GUARANTEED = 2;

  private final int domainsMax;
  private final int spares;
  private final int segmentBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private final Set<Share> shares = new LinkedHashSet<>();
  private final Deque<Buffer> free = new ArrayDeque<>();
  private int sparesLent;
  private int inUse;

  /**
   * Sets the sizes; reserves nothing yet.
   *
   * @param domainsMax domains that can have a share at a time
   * @param spares buffers beyond those that are guaranteed to domains
   * @param segmentBytes the longest segment that a domain may aim at
   */
  public SegmentBuffers(int domainsMax, int spares, int segmentBytes) {
    if (domainsMax < 1 || spares < 0) {
      throw new IllegalArgumentException(
          "segment buffers for " + domainsMax + " domains and " + spares + " spares");
    }
    SegmentBuilder.requireSegmentBytes(segmentBytes);
    this.domainsMax = domainsMax;
    this.spares = spares;
    this.segmentBytes = segmentBytes;
  }

  /**
   * Serves as many domains as fit into an amount of direct memory, with what they take besides,
   * beside spares for one of them to have all its uploads in flight. One domain comes before
   * spares; what is left over is spares, too.
   *
   * @param otherBytes what each domain takes beside its shipper and buffers
   * @throws IllegalArgumentException when not even one domain fits
   */
  public static SegmentBuffers within(
      long directBytes, long otherBytes, int uploadsInFlight, int segmentBytes, int recordsMax) {
    long bufferBytes = bufferBytes(segmentBytes);
    long domainBytes = GUARANTEED * bufferBytes + Shipper.directBytes(recordsMax) + otherBytes;
    if (domainBytes > directBytes) {
      throw new IllegalArgumentException(
          "a domain with segments of "
              + segmentBytes
              + " bytes takes "
              + domainBytes
              + " bytes of direct memory, there are "
              + directBytes
              + "; make the segments smaller, or give the process more direct memory");
    }
    long domains = Math.max(1, (directBytes - uploadsInFlight * bufferBytes) / domainBytes);
    long spares = (directBytes - domains * domainBytes) / bufferBytes;
    return new SegmentBuffers(Math.toIntExact(domains), Math.toIntExact(spares), segmentBytes);
  }

  /** The direct memory of a buffer for segments of so many bytes. */
  public static int bufferBytes(int segmentBytes) {
    // What is compressed is put in its place at once, and kept raw if that is shorter: LZ4 needs
    // its bound for a moment.
    return Lz4.boundBytes(SegmentBuilder.objectBytesMax(segmentBytes));
  }

  public int domainsMax() {
    return domainsMax;
  }

  public int spares() {
    return spares;
  }

  /** Buffers that are being filled or stored. */
  public int inUse() {
    lock.lock();
    try {
      return inUse;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a domain its share.
   *
   * @param sparesMax spares that it may hold at a time
   * @return to be closed by the caller
   */
  public Share join(String domain, int sparesMax) throws TooManyDomainsException {
    lock.lock();
    try {
      if (shares.size() == domainsMax) {
        throw new TooManyDomainsException(
            domain, domainsMax, shares.stream().map(Share::toString).toList());
      }
      Share share = new Share(domain, sparesMax);
      shares.add(share);
      return share;
    } finally {
      lock.unlock();
    }
  }

  /** What a domain may hold. */
  public final class Share implements AutoCloseable {
    private final String domain;
    private final int sparesMax;
    private int held;
    private boolean closed;

    private Share(String domain, int sparesMax) {
      this.domain = domain;
      this.sparesMax = sparesMax;
    }

    /** The longest segment that a buffer has room for. */
    int segmentBytes() {
      return segmentBytes;
    }

    /**
     * Takes a buffer, waiting for one.
     *
     * @return owned by the caller until it closes or discards it
     * @throws IllegalStateException when the share is closed
     */
    Buffer take() throws InterruptedException {
      lock.lock();
      try {
        while (!closed && waits()) {
          changed.await();
        }
        if (closed) {
          throw new IllegalStateException("domain " + domain + " has given its share back");
        }
        Buffer buffer = free.isEmpty() ? new Buffer() : free.pop();
        buffer.holder = this;
        inUse++;
        held++;
        if (held > GUARANTEED) {
          sparesLent++;
        }
        return buffer;
      } finally {
        lock.unlock();
      }
    }

    /** Whether {@link #take} would wait. */
    boolean waits() {
      lock.lock();
      try {
        return held >= GUARANTEED && (held - GUARANTEED >= sparesMax || sparesLent == spares);
      } finally {
        lock.unlock();
      }
    }

    private void cameHome() {
      inUse--;
      if (held > GUARANTEED) {
        sparesLent--;
      }
      held--;
      leaveIfDone();
      changed.signalAll();
    }

    private void leaveIfDone() {
      if (closed && held == 0) {
        shares.remove(this);
      }
    }

    /** Takes nothing more; the share is given back with the last buffer. Idempotent. */
    @Override
    public void close() {
      lock.lock();
      try {
        closed = true;
        leaveIfDone();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public String toString() {
      return closed ? domain + ", which has ended but for an upload" : domain;
    }
  }

  /** Memory for one segment. */
  final class Buffer implements Closeable {
    final ByteBuffer bytes = ByteBuffer.allocateDirect(bufferBytes(segmentBytes));
    private Share holder;

    private Buffer() {}

    /** Gives the buffer back. To be called once, unless it is discarded. */
    @Override
    public void close() {
      end(true);
    }

    /**
     * Gives the buffer's place back, but leaves its memory to whoever still reads it: the library
     * of a store, after an upload that was broken off. To be called once, unless it is closed.
     */
    void discard() {
      end(false);
    }

    private void end(boolean reusable) {
      lock.lock();
      try {
        if (holder == null) {
          throw new IllegalStateException("the buffer was given back before");
        }
        holder.cameHome();
        holder = null;
        if (reusable) {
          free.push(this);
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
