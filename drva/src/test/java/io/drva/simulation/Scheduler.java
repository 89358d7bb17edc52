package io.drva.simulation;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Runs threads one at a time, on the thread that calls {@link #runUntil}, and gives them a time of
 * their own. Which of the threads that could go on does so is drawn from a seed; so is how long
 * that takes. When none could, time moves on to the next timer. The same seed gives the same run.
 *
 * <p>The threads are virtual threads whose scheduler this is; the JDK makes such threads through
 * {@code ThreadBuilders.newVirtualThread}, which is not public. What they may block on: locks,
 * conditions and queues of {@code java.util.concurrent}, joins, and conditions of {@link
 * SimulatedProcess#condition} for a time. A thread that waits for a monitor is woken by a thread of
 * the JDK, which is not part of the order: {@link Task#execute} finds it out, and the run fails.
 */
final class Scheduler {
  /** How long a thread runs before another may: at most. */
  private static final int STEP_NANOS_MAX = 2_000;

  /** So many steps in a row on one and the same tenth of a second are an endless loop. */
  private static final long STEPS_MAX = 20_000_000;

  /** A thread that is out of luck goes on when it is drawn so many times, or is alone. */
  private static final int UNLUCKY_DRAWS = 24;

  private static final MethodHandle NEW_VIRTUAL_THREAD = newVirtualThread();

  private final SplittableRandom random;
  private final Thread carrier = Thread.currentThread();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final List<Task> runnable = new ArrayList<>();
  private final Set<SimulatedProcess> processes = new LinkedHashSet<>();
  private final Runnable afterStep;
  private long nanos;
  private long steps;
  private long timersSet;
  private int threadsMade;
  private Task unlucky;
  private long digest = 0x243F6A8885A308D3L;
  private Throwable failure;

  /** A thread that was woken by one that is not part of the order. */
  private volatile Task stranded;

  /**
   * @param afterStep called between any two steps
   */
  Scheduler(long seed, Runnable afterStep) {
    this.random = new SplittableRandom(seed);
    this.afterStep = afterStep;
  }

  private static MethodHandle newVirtualThread() {
    try {
      Class<?> builders = Class.forName("java.lang.ThreadBuilders");
      return MethodHandles.privateLookupIn(builders, MethodHandles.lookup())
          .findStatic(
              builders,
              "newVirtualThread",
              MethodType.methodType(
                  Thread.class, Executor.class, String.class, int.class, Runnable.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("this JDK makes virtual threads in another way", e);
    }
  }

  /** Threads that stop together. */
  final class SimulatedProcess implements ThreadFactory {
    private final String name;
    private final Set<Task> alive = new LinkedHashSet<>();
    private boolean frozen;

    private SimulatedProcess(String name) {
      this.name = name;
    }

    @Override
    public Thread newThread(Runnable body) {
      return new Task(this, body).thread;
    }

    Thread start(String threadName, Runnable body) {
      Thread thread = newThread(body);
      thread.setName(threadName);
      thread.start();
      return thread;
    }

    /** While it is frozen none of its threads goes on. */
    void freeze(boolean isFrozen) {
      frozen = isFrozen;
    }

    boolean isFrozen() {
      return frozen;
    }

    /** A condition whose timed waits are on this scheduler's time. */
    Condition condition(Lock lock) {
      return new TimedCondition(Scheduler.this, this, lock);
    }

    int threads() {
      return alive.size();
    }

    /** What every thread is doing, for a report. */
    String describe() {
      StringBuilder text = new StringBuilder(name).append(frozen ? " (frozen)" : "");
      for (Task task : alive) {
        text.append("\n  ").append(task.thread.getName());
        for (StackTraceElement frame : task.thread.getStackTrace()) {
          if (frame.getClassName().startsWith("io.drva")) {
            text.append("\n    ").append(frame);
          }
        }
      }
      return text.toString();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** A thread; to the JDK, its scheduler. */
  private final class Task implements Executor {
    private final int number = threadsMade++;
    private final SimulatedProcess process;
    private final Thread thread;
    private Runnable step;

    Task(SimulatedProcess process, Runnable body) {
      this.process = process;
      try {
        thread =
            (Thread)
                NEW_VIRTUAL_THREAD.invokeExact(
                    (Executor) this, "thread-" + number, 0, (Runnable) () -> run(body));
      } catch (Throwable e) {
        throw new LinkageError("cannot make a virtual thread", e);
      }
    }

    private void run(Runnable body) {
      process.alive.add(this);
      try {
        body.run();
      } finally {
        process.alive.remove(this);
      }
    }

    /** The thread can go on. */
    @Override
    public void execute(Runnable next) {
      if (Thread.currentThread() != carrier && !Thread.currentThread().isVirtual()) {
        stranded = this;
        return;
      }
      step = next;
      int at = runnable.size();
      while (at > 0 && runnable.get(at - 1).number > number) {
        at--;
      }
      runnable.add(at, this);
    }
  }

  /** Something that is to happen at a time. */
  static final class Timer implements Comparable<Timer> {
    private final long atNanos;
    private final long order;
    private Runnable action;

    private Timer(long atNanos, long order, Runnable action) {
      this.atNanos = atNanos;
      this.order = order;
      this.action = action;
    }

    void cancel() {
      action = null;
    }

    @Override
    public int compareTo(Timer other) {
      return atNanos != other.atNanos
          ? Long.compare(atNanos, other.atNanos)
          : Long.compare(order, other.order);
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(order);
    }
  }

  SimulatedProcess process(String name) {
    SimulatedProcess process = new SimulatedProcess(name);
    processes.add(process);
    return process;
  }

  /** Forgets a process, all threads of which have ended. */
  void forget(SimulatedProcess process) {
    processes.remove(process);
  }

  /** Threads that have begun and not ended. */
  int threads() {
    return processes.stream().mapToInt(SimulatedProcess::threads).sum();
  }

  /** The time, nanoseconds since the beginning. */
  long nanos() {
    return nanos;
  }

  long steps() {
    return steps;
  }

  /** Has something short happen after a delay, between two steps. It may not block. */
  Timer after(long delayNanos, Runnable action) {
    Timer timer = new Timer(nanos + Math.max(0, delayNanos), timersSet++, action);
    timers.add(timer);
    return timer;
  }

  /** The calling thread does nothing for so long, or until it is unparked. */
  void park(long delayNanos) {
    Thread thread = Thread.currentThread();
    if (delayNanos == Long.MAX_VALUE) {
      LockSupport.park();
      return;
    }
    Timer timer = after(delayNanos, () -> LockSupport.unpark(thread));
    LockSupport.park();
    timer.cancel();
  }

  /** The calling thread does nothing for so long, whatever happens. */
  void sleep(long delayNanos) {
    long until = nanos + delayNanos;
    boolean interrupted = false;
    while (nanos < until) {
      interrupted |= Thread.interrupted(); // Which would make parking end at once.
      park(until - nanos);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The calling thread does nothing for so long, or until it is interrupted.
   *
   * @return false when it was interrupted, which stays to be seen
   */
  boolean sleepInterruptibly(long delayNanos) {
    long until = nanos + delayNanos;
    while (nanos < until && !Thread.currentThread().isInterrupted()) {
      park(until - nanos);
    }
    return !Thread.currentThread().isInterrupted();
  }

  /** Another thread may go on here, now and then. */
  @SuppressWarnings("ThreadPriorityCheck") // It relies on this scheduler.
  void mayYield() {
    if (Thread.currentThread().isVirtual() && random.nextInt(8) == 0) {
      Thread.yield();
    }
  }

  /** Something happened that every run with this seed must show. */
  void trace(long what) {
    digest = (digest ^ what) * 0x9E3779B97F4A7C15L;
    digest ^= digest >>> 29;
  }

  /** What has happened so far, in one number. */
  long digest() {
    return digest;
  }

  /** Ends the run with this failure; the first counts. */
  void fail(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  boolean hasFailed() {
    return failure != null;
  }

  /**
   * Runs until told to stop.
   *
   * @throws SimulationFailure when something fails, or nothing will ever go on
   */
  void runUntil(BooleanSupplier stop) throws SimulationFailure {
    long stepsBefore = steps;
    long tenthBefore = nanos / 100_000_000;
    while (!stop.getAsBoolean()) {
      if (nanos / 100_000_000 != tenthBefore) {
        tenthBefore = nanos / 100_000_000;
        stepsBefore = steps;
      }
      if (steps - stepsBefore > STEPS_MAX) {
        fail(new IllegalStateException("threads go on and on, but time does not"));
      }
      if (stranded != null) {
        fail(new IllegalStateException(stranded.thread + " waited for a monitor:\n" + describe()));
      }
      if (failure != null) {
        throw new SimulationFailure(failure);
      }
      Task task = draw();
      Timer next = timers.peek();
      if (task == null && next == null) {
        fail(new IllegalStateException("everything waits:\n" + describe()));
      } else if (task == null || (next != null && next.atNanos <= nanos)) {
        fire();
      } else {
        step(task);
      }
    }
    if (failure != null) {
      throw new SimulationFailure(failure);
    }
  }

  private void fire() {
    Timer timer = timers.poll();
    nanos = Math.max(nanos, timer.atNanos);
    Runnable action = timer.action;
    if (action != null) {
      timer.action = null;
      action.run();
      afterStep.run();
    }
  }

  private void step(Task task) {
    runnable.remove(task);
    nanos += random.nextInt(STEP_NANOS_MAX);
    steps++;
    trace(nanos << 16 | (task.number & 0xFFFF));
    if (random.nextInt(256) == 0) {
      unlucky = task;
    }
    task.step.run();
    afterStep.run();
  }

  /** The thread to go on; null when there is none. */
  private Task draw() {
    int frozen = 0;
    for (int i = 0; i < runnable.size(); i++) {
      if (runnable.get(i).process.frozen) {
        frozen++;
      }
    }
    int candidates = runnable.size() - frozen;
    if (candidates == 0) {
      return null;
    }
    Task task = nth(random.nextInt(candidates));
    if (task == unlucky && candidates > 1 && random.nextInt(UNLUCKY_DRAWS) != 0) {
      task = nth(random.nextInt(candidates));
    }
    return task;
  }

  private Task nth(int index) {
    int left = index;
    for (Task task : runnable) {
      if (!task.process.frozen && left-- == 0) {
        return task;
      }
    }
    throw new IllegalStateException("there are not " + index + " threads");
  }

  /** What every thread is doing, for a report. */
  String describe() {
    StringBuilder text = new StringBuilder();
    processes.forEach(process -> text.append(process.describe()).append('\n'));
    return text.toString();
  }
}
