package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a client keeps across connections: its sequence, the frames that are not logged, the open
 * disks, and how far the server has come. Producers put frames in, the event loop takes them out to
 * send, acknowledgements free them. One lock guards it all; it gives the session its order.
 *
 * <p>Two limits: producers wait while {@code retainedBytesMax} is reached; the event loop sends no
 * further while the server's window is.
 */
final class Outbox {
  /** Longest ZERO or DISCARD of one frame: longer ones are split. */
  private static final long EXTENT_BYTES_MAX = 1L << 30;

  /** Frames freed while the lock is held once. */
  private static final int DROPPED_PER_LOCK = 256;

  private final long retainedBytesMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Condition progress = lock.newCondition();
  private final RetainedFrames frames = new RetainedFrames();
  private final List<DiskStream> streams = new ArrayList<>();

  private int roomWaiters;
  private int progressWaiters;
  private long retainedBytes;
  private boolean closing;
  private SessionFailedException failure;

  private volatile long lastSeq;
  private volatile long loggedSeq;
  private volatile long replicatedSeq;

  /** Largest data that may be put into one frame: the client's own limit or the server's. */
  private volatile int dataBytesMax;

  // Of the present connection.
  private int streamsMax = Integer.MAX_VALUE;
  private int serverDataBytesMax;
  private long windowBytes;
  private long sentSeq;
  private long sentBytes;
  private int streamsOpened;

  Outbox(long retainedBytesMax, int dataBytesMax) {
    this.retainedBytesMax = retainedBytesMax;
    this.dataBytesMax = dataBytesMax;
  }

  long lastSeq() {
    return lastSeq;
  }

  long loggedSeq() {
    return loggedSeq;
  }

  long replicatedSeq() {
    return replicatedSeq;
  }

  /** Adds a disk; it is opened on this connection and on every later one. */
  DiskStream open(StreamFactory factory) throws SessionFailedException {
    lock.lock();
    try {
      checkAlive();
      if (streams.size() >= streamsMax) {
        throw new IllegalStateException("the server takes " + streamsMax + " streams");
      }
      DiskStream stream = factory.create(streams.size() + 1);
      streams.add(stream);
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /** Makes a stream for its number. */
  @FunctionalInterface
  interface StreamFactory {
    DiskStream create(int stream);
  }

  /**
   * Puts an extent at the end of the sequence, as several frames if it is longer than one may be:
   * all or none. Takes over the data if it returns a sequence number, and only then.
   *
   * @param data null for ZERO and DISCARD
   * @param wait whether to block while there is no room
   * @return the sequence number of the last frame; 0 if there is no room and {@code wait} is false
   */
  long submit(
      DiskStream stream,
      FrameType type,
      int flags,
      long timeMicros,
      long offsetBytes,
      long lengthBytes,
      ByteBuf data,
      boolean wait)
      throws SessionFailedException, InterruptedException {
    long frameBytesMax = data == null ? EXTENT_BYTES_MAX : dataBytesMax;
    frameBytesMax -= frameBytesMax % stream.sectorBytes();
    long count = (lengthBytes + frameBytesMax - 1) / frameBytesMax;
    long overheadBytes = count * (Wire.EXTENT_HEAD_BYTES + RetainedFrames.SLOT_BYTES);
    long bytes = overheadBytes + (data == null ? 0 : lengthBytes);
    // The checksum of the usual single frame is made before the lock is taken.
    int dataCrc32c = data != null && count == 1 ? Crc32c.of(data) : 0;
    lock.lock();
    try {
      if (!awaitRoom(bytes, wait)) {
        return 0;
      }
      retainedBytes += bytes;
      for (long at = 0; at < lengthBytes; at += frameBytesMax) {
        long partBytes = Math.min(frameBytesMax, lengthBytes - at);
        boolean last = at + partBytes == lengthBytes;
        RetainedFrames.Frame frame = frames.add();
        frame.type = type;
        frame.flags = last ? flags : 0;
        frame.timeMicros = timeMicros;
        frame.stream = stream.number();
        frame.offsetBytes = offsetBytes + at;
        frame.lengthBytes = partBytes;
        if (count == 1) {
          frame.attach(data, dataCrc32c);
        } else if (data != null) {
          ByteBuf part = data.retainedSlice(data.readerIndex() + (int) at, (int) partBytes);
          frame.attach(part, Crc32c.of(part));
        } else {
          frame.attach(null, 0);
        }
      }
      if (count > 1 && data != null) {
        data.release(); // The parts hold it.
      }
      lastSeq = frames.lastSeq();
      return lastSeq;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A connection stands: takes what the server knows and starts over behind it.
   *
   * @throws ProtocolException if the server has lost frames that it had acknowledged, or knows some
   *     that were never sent
   */
  void resume(ControlFrame.Welcome welcome) throws ProtocolException {
    lock.lock();
    try {
      if (welcome.loggedSeq() < loggedSeq || welcome.loggedSeq() > lastSeq) {
        throw new ProtocolException(
            ErrorCode.SEQUENCE_GAP,
            "the server has logged up to "
                + welcome.loggedSeq()
                + ", but it had acknowledged "
                + loggedSeq
                + " of "
                + lastSeq
                + ": this incarnation cannot go on; resynchronise the disks with a new one");
      }
      streamsMax = welcome.streamsMax();
      serverDataBytesMax = welcome.dataBytesMax();
      dataBytesMax = Math.min(dataBytesMax, serverDataBytesMax);
      windowBytes = welcome.windowBytes();
      streamsOpened = 0;
      drop(welcome.loggedSeq(), Integer.MAX_VALUE);
      sentSeq = welcome.loggedSeq();
      sentBytes = 0;
      advance(welcome.loggedSeq(), welcome.replicatedSeq());
    } finally {
      lock.unlock();
    }
  }

  /** Takes an acknowledgement. */
  void acknowledge(ControlFrame.Ack ack) throws ProtocolException {
    boolean dropped = false;
    while (!dropped) {
      lock.lock();
      try {
        if (ack.loggedSeq() < loggedSeq
            || ack.loggedSeq() > sentSeq
            || ack.replicatedSeq() > ack.loggedSeq()) {
          throw new ProtocolException(
              ErrorCode.MALFORMED,
              ack + " is not between logged " + loggedSeq + " and sent " + sentSeq);
        }
        // In pieces: a producer must not wait until a whole window is freed.
        dropped = drop(ack.loggedSeq(), DROPPED_PER_LOCK);
        if (dropped) {
          advance(ack.loggedSeq(), ack.replicatedSeq());
        }
      } finally {
        lock.unlock();
      }
    }
  }

  void window(int bytes) {
    lock.lock();
    try {
      windowBytes = bytes;
    } finally {
      lock.unlock();
    }
  }

  /** The server's answer to OPEN. */
  void opened(ControlFrame.Opened opened) throws ProtocolException {
    lock.lock();
    try {
      int index = opened.stream() - 1;
      if (index < 0 || index >= streamsOpened) {
        throw new ProtocolException(
            ErrorCode.BAD_STREAM, opened + " answers no OPEN of this connection");
      }
      streams.get(index).opened(opened.disk());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Fills a batch with what may be sent now, new disks first.
   *
   * @return whether there is more that may be sent
   */
  boolean fill(FrameBatch batch) throws ProtocolException {
    lock.lock();
    try {
      while (streamsOpened < streams.size()) {
        if (batch.isFull()) {
          return true;
        }
        batch.add(streams.get(streamsOpened++).openFrame());
      }
      while (sentSeq < lastSeq) {
        RetainedFrames.Frame frame = frames.get(sentSeq + 1);
        // One frame may be larger than the whole window, if nothing else is outstanding.
        if (sentBytes > 0 && sentBytes + frame.frameBytes() > windowBytes) {
          return false;
        }
        if (batch.isFull()) {
          return true;
        }
        if (frame.dataBytes > serverDataBytesMax) {
          throw new ProtocolException(
              ErrorCode.FRAME_TOO_LARGE,
              "seq " + frame.seq + " was made for a server that took larger frames");
        }
        batch.add(frame);
        sentSeq++;
        sentBytes += frame.frameBytes();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a level has reached {@code seq}. */
  boolean await(long seq, boolean replicated, Duration timeout)
      throws InterruptedException, SessionFailedException {
    long remainingNanos = timeout.toNanos();
    lock.lock();
    try {
      progressWaiters++;
      while ((replicated ? replicatedSeq : loggedSeq) < seq) {
        if (failure != null) {
          throw failure.again();
        }
        if (remainingNanos <= 0) {
          return false;
        }
        remainingNanos = progress.awaitNanos(remainingNanos);
      }
      return true;
    } finally {
      progressWaiters--;
      lock.unlock();
    }
  }

  /** From now on nothing is taken in. False if that was so before. */
  boolean stopProducers() {
    lock.lock();
    try {
      boolean first = !closing;
      closing = true;
      room.signalAll();
      return first && failure == null;
    } finally {
      lock.unlock();
    }
  }

  /** The end: wakes everybody and gives the data back. False if it had failed before. */
  boolean fail(SessionFailedException cause) {
    lock.lock();
    try {
      if (failure != null) {
        return false;
      }
      failure = cause;
      while (!frames.isEmpty()) {
        retainedBytes -= frames.removeFirst() + RetainedFrames.SLOT_BYTES;
      }
      sentSeq = lastSeq;
      room.signalAll();
      progress.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  private boolean awaitRoom(long bytes, boolean wait)
      throws SessionFailedException, InterruptedException {
    checkAlive();
    while (retainedBytes > 0 && retainedBytes + bytes > retainedBytesMax) {
      if (!wait) {
        return false;
      }
      roomWaiters++;
      try {
        room.await();
      } finally {
        roomWaiters--;
      }
      checkAlive();
    }
    return true;
  }

  private void checkAlive() throws SessionFailedException {
    if (failure != null) {
      throw failure.again();
    }
    if (closing) {
      throw new SessionFailedException(null, "the client is closed");
    }
  }

  /** Drops frames up to {@code seq}, at most {@code count}; true once there is none left. */
  private boolean drop(long seq, int count) {
    for (int i = 0; i < count && !frames.isEmpty() && frames.firstSeq() <= seq; i++) {
      int bytes = frames.removeFirst();
      retainedBytes -= bytes + RetainedFrames.SLOT_BYTES;
      sentBytes -= bytes;
    }
    return frames.isEmpty() || frames.firstSeq() > seq;
  }

  private void advance(long logged, long replicated) {
    loggedSeq = logged;
    replicatedSeq = Math.max(replicatedSeq, replicated);
    if (roomWaiters > 0) {
      room.signalAll();
    }
    if (progressWaiters > 0) {
      progress.signalAll();
    }
  }
}
