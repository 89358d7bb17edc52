package io.drva.logstore;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Lets one thread run at a time, so that a seed decides what happens in which order: the director,
 * which is the test's own thread, or the one actor that it has given a turn.
 */
final class Turns {

  private static final long PATIENCE_SECONDS = 60;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  /** The actors that have come to a stop, by their threads; guarded by lock. */
  private final Map<Thread, Actor> actors = new HashMap<>();

  /** A thread that runs only when it is told to. */
  final class Actor {
    private final String name;
    private boolean atStop;
    private boolean hasTurn;
    private boolean free;
    private boolean ended;

    private Actor(String name) {
      this.name = name;
    }

    /** The actor's: ends its turn, if it has one, and waits for the next. */
    void stop() {
      lock.lock();
      try {
        actors.put(Thread.currentThread(), this);
        hasTurn = false;
        atStop = true;
        moved.signalAll();
        while (!hasTurn && !free) {
          moved.awaitUninterruptibly();
        }
        atStop = false;
      } finally {
        lock.unlock();
      }
    }

    /** The actor's: ends its turn; it touches nothing that is shared until its next stop. */
    void rest() {
      lock.lock();
      try {
        hasTurn = false;
        moved.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** The actor's: it does nothing any more. */
    void end() {
      lock.lock();
      try {
        actors.remove(Thread.currentThread());
        ended = true;
        hasTurn = false;
        moved.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** The director's: a turn for an actor that is at a stop or on its way to one. */
    void advance() {
      lock.lock();
      try {
        await(() -> atStop || ended);
        hasTurn = !ended;
        moved.signalAll();
        await(() -> !hasTurn);
      } finally {
        lock.unlock();
      }
    }

    /** The director's: from now on the actor stops no more. */
    void free() {
      lock.lock();
      try {
        free = true;
        moved.signalAll();
      } finally {
        lock.unlock();
      }
    }

    boolean hasEnded() {
      lock.lock();
      try {
        return ended;
      } finally {
        lock.unlock();
      }
    }

    private void await(BooleanSupplier condition) {
      long remaining = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      try {
        while (!condition.getAsBoolean()) {
          if (remaining <= 0) {
            throw new IllegalStateException(name + " does not come");
          }
          remaining = moved.awaitNanos(remaining);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for " + name, e);
      }
    }
  }

  Actor actor(String name) {
    return new Actor(name);
  }

  /** The actor whose thread this is. */
  Actor current() {
    lock.lock();
    try {
      Actor actor = actors.get(Thread.currentThread());
      if (actor == null) {
        throw new IllegalStateException(Thread.currentThread().getName() + " is no actor");
      }
      return actor;
    } finally {
      lock.unlock();
    }
  }
}
