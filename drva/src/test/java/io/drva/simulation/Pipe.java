package io.drva.simulation;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * One direction of a connection: what is written comes out later, in order, in other pieces. It can
 * stall for a while, swallow everything from some moment on, or break at any byte.
 */
final class Pipe {
  /** What the kernels on both sides hold. */
  private static final int CAPACITY_BYTES = 256 << 10;

  private final Scheduler scheduler;
  private final RandomGenerator random;
  private final LongSupplier delayNanos;
  private final Runnable onBreak;
  private final Deque<byte[]> arrived = new ArrayDeque<>();
  private Runnable reader = () -> {};
  private Runnable writer = () -> {};
  private Consumer<byte[]> tap = piece -> {};
  private long heldBytes;
  private int arrivedAt;
  private long lastArrivalNanos;
  private long breaksAfterBytes = Long.MAX_VALUE;
  private boolean writerWaits;
  private boolean broken;
  private boolean swallows;
  private boolean writerClosed;
  private boolean ended;
  private boolean readerClosed;
  private boolean reset;

  /**
   * @param delayNanos how long the next piece is on its way
   * @param onBreak called when the connection breaks at a byte
   */
  Pipe(Scheduler scheduler, RandomGenerator random, LongSupplier delayNanos, Runnable onBreak) {
    this.scheduler = scheduler;
    this.random = random;
    this.delayNanos = delayNanos;
    this.onBreak = onBreak;
  }

  void reader(Runnable onReadable) {
    reader = onReadable;
  }

  void writer(Runnable onWritable) {
    writer = onWritable;
  }

  /** Sees what is written, as it is written. */
  void tap(Consumer<byte[]> newTap) {
    tap = newTap;
  }

  /** The connection breaks when so many more bytes have arrived. */
  void breakAfter(long bytes) {
    breaksAfterBytes = bytes;
  }

  /** Nothing arrives any more, and nobody is told. */
  void swallow() {
    swallows = true;
  }

  /** Nothing arrives for a while. */
  void stall(long forNanos) {
    lastArrivalNanos = Math.max(lastArrivalNanos, scheduler.nanos() + forNanos);
  }

  /** Takes some or all of the readable bytes; the reader index does not move. */
  int write(ByteBuf bytes) {
    int count = (int) Math.min(bytes.readableBytes(), CAPACITY_BYTES - heldBytes);
    if (count > 1 && random.nextInt(4) == 0) {
      count = random.nextInt(1, count);
    }
    writerWaits = count == 0 && bytes.isReadable();
    if (count > 0) {
      byte[] piece = new byte[count];
      bytes.getBytes(bytes.readerIndex(), piece);
      heldBytes += count;
      scheduler.trace(count);
      tap.accept(piece);
      deliver(() -> arrived(piece));
    }
    return count;
  }

  private void deliver(Runnable arrival) {
    lastArrivalNanos = Math.max(lastArrivalNanos, scheduler.nanos() + delayNanos.getAsLong());
    scheduler.after(
        lastArrivalNanos - scheduler.nanos(),
        () -> {
          if (!swallows && !reset) {
            arrival.run();
          }
        });
  }

  private void arrived(byte[] piece) {
    if (readerClosed || broken) {
      return;
    }
    if (breaksAfterBytes <= piece.length) {
      broken = true;
      byte[] beginning = new byte[(int) breaksAfterBytes];
      System.arraycopy(piece, 0, beginning, 0, beginning.length);
      arrived.add(beginning);
      reader.run();
      onBreak.run();
      return;
    }
    breaksAfterBytes -= breaksAfterBytes == Long.MAX_VALUE ? 0 : piece.length;
    arrived.add(piece);
    reader.run();
  }

  void closeWriter() {
    if (!writerClosed) {
      writerClosed = true;
      deliver(
          () -> {
            ended = true;
            reader.run();
          });
    }
  }

  /** The reader is gone: what is written comes back as a broken connection. */
  void closeReader() {
    readerClosed = true;
    arrived.clear();
    if (!swallows) {
      scheduler.after(delayNanos.getAsLong(), this::reset);
    }
  }

  /**
   * The end of the connection that writes here, and the one that reads, learn that it is broken.
   */
  void reset() {
    if (!reset && !swallows) {
      reset = true;
      reader.run();
      writer.run();
    }
  }

  boolean isReset() {
    return reset;
  }

  boolean isReadable() {
    return !arrived.isEmpty() || ended || reset;
  }

  /** As a socket: the number of bytes, 0 when there are none now, -1 at the end. */
  int read(ByteBuf into) {
    if (arrived.isEmpty()) {
      return ended ? -1 : 0;
    }
    int count = 0;
    while (!arrived.isEmpty() && into.isWritable()) {
      byte[] first = arrived.peek();
      int part = Math.min(first.length - arrivedAt, into.writableBytes());
      into.writeBytes(first, arrivedAt, part);
      arrivedAt += part;
      count += part;
      if (arrivedAt == first.length) {
        arrived.remove();
        arrivedAt = 0;
      }
    }
    heldBytes -= count;
    if (writerWaits && !reset) {
      writerWaits = false;
      writer.run();
    }
    return count;
  }
}
