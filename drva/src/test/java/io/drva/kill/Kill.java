package io.drva.kill;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How one life of the appliance goes and when it ends.
 *
 * @param target the system call to be held and killed at; null for none
 * @param nth at which of a thread's calls
 * @param done whether the call is made first
 * @param startingMs when it is killed if it is to be killed while it starts, milliseconds after its
 *     begin; -1 if it is not
 * @param loggedBytes when it is killed otherwise: after so much has been acknowledged. With a
 *     target, if no thread comes to it before
 * @param outage whether the object store is away
 * @param growth whether the volume is made to grow
 */
record Kill(
    Target target,
    int nth,
    boolean done,
    int startingMs,
    long loggedBytes,
    Outage outage,
    boolean growth) {
  private static final List<Target> TARGETS = List.of(Target.values());

  /** Those that an acknowledgement waits for: aimed at as often as at all others together. */
  private static final List<Target> ACKNOWLEDGING =
      List.of(Target.LOG_PWRITE, Target.FORCE_FDATASYNC, Target.UPLOAD_LINK, Target.SESSION_SENDTO);

  private static final long LOGGED_BYTES_MAX = 12 << 20;
  private static final long LOGGED_BYTES_PAST_TARGET = 32 << 20;
  private static final int STARTING_MS_MAX = 2_000;

  /** When the object store is away. */
  enum Outage {
    NEVER,
    /** From the start on, until the log is full; then what it holds drains. */
    UNTIL_THE_LOG_IS_FULL,
    /** From the start on, until the appliance is killed, which is not before the log is full. */
    UNTIL_THE_KILL
  }

  /**
   * @param traced whether it may be killed at a system call
   */
  static Kill draw(RandomGenerator random, boolean traced) {
    List<Target> targets = random.nextBoolean() ? ACKNOWLEDGING : TARGETS;
    Target target = targets.get(random.nextInt(targets.size()));
    int nth = random.nextInt(target.callsMax) + 1;
    boolean done = random.nextBoolean();
    int kind = random.nextInt(10);
    boolean atTarget = traced && kind < 8;
    boolean starting = kind == 8;
    int startingMs = random.nextInt(STARTING_MS_MAX);
    long loggedBytes = random.nextLong(LOGGED_BYTES_MAX) + 1;
    Outage outage =
        switch (random.nextInt(16)) {
          case 0 -> Outage.UNTIL_THE_LOG_IS_FULL;
          case 1 -> Outage.UNTIL_THE_KILL;
          default -> Outage.NEVER;
        };
    boolean growth = random.nextInt(4) == 0;
    return new Kill(
        atTarget ? target : null,
        nth,
        done,
        starting ? startingMs : -1,
        atTarget ? LOGGED_BYTES_PAST_TARGET : loggedBytes,
        starting ? Outage.NEVER : outage,
        !starting && (growth || (atTarget && target.where == Target.Where.GROWTH)));
  }

  boolean isAt(Target.Where where) {
    return target != null && target.where == where;
  }

  boolean isStarting() {
    return startingMs >= 0;
  }
}
