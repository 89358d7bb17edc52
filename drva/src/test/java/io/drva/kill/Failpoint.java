package io.drva.kill;

import java.util.regex.Pattern;

/**
 * Where an appliance was held when it was killed: what one of its threads was about to do, or had
 * just done. Told from the line of {@code strace}.
 */
enum Failpoint {
  APPEND("append of a group to the log", "pwrite64", "log-", ""),
  FORCE("force of the log", "fdatasync", "drva-force-", ""),
  ROLL("roll: a cycle file goes from the pool to a log", "rename", "log-", "/pool/.*/run-"),
  ROLL_FORCE("force of a roll's names", "fsync", "drva-force-", ""),
  RECYCLE("a cycle file goes back to the pool", "rename", "", "/run-.*/pool/"),
  RECYCLE_FORCE("force of a recycled file's names", "fsync", "horizon-", ""),
  RUN_END("removal of what a run leaves", "unlink", "", "/run-"),
  RUN_END_DIRECTORY("removal of a run's directory", "rmdir", "", "/run-"),
  LOG_GIVEN_BACK("the log of a domain is given back", "rename", "", "removed\""),
  LOG_GIVEN_BACK_DIRECTORY(
      "removal of the directory of a log that was given back", "rmdir", "", "removed\""),
  RUN_START("start of a run: its directory", "mkdir", "", "/run-"),
  RUN_START_FILE("start of a run: its first cycle file", "rename", "", "/pool/.*/run-"),
  LOG_START("a domain's log is made", "mkdir", "", "/volume/domains/"),
  LOG_NAMED("a domain's log gets its name", "rename", "", "/domains/[^/]+\\.new\""),
  CHAIN_BOUND("a log is bound to its chain", "rename", "", "chain.new"),
  OPEN_FORCE("force of what a log holds when it is opened", "fdatasync", "", "/run-"),
  OPEN_FORCE_NAMES("force of names on the volume", "fsync", "", "/volume"),
  GROWTH_WRITE("write of a new cycle file", "pwrite64", "grow", "/pool/"),
  GROWTH_FORCE("force of a new cycle file", "fdatasync", "grow", "/pool/"),
  GROWTH("a new cycle file goes to the pool", "rename", "grow", "/pool/"),
  GROWTH_SIZE("the volume's new size", "rename", "", "/volume.new"),
  SMALL_FILE_WRITE("write of a small file of the volume", "pwrite64", "", "/volume/"),
  SMALL_FILE_FORCE("force of a small file of the volume", "fdatasync", "", "/volume/"),
  OBJECT_WRITE("write of an object", "write", "", "\\.tmp"),
  OBJECT_END("an object is cut to its length", "ftruncate", "", "\\.tmp"),
  OBJECT_FORCE("force of an object", "fsync", "", "\\.tmp"),
  CREATE_IF_ABSENT("an object gets its name, unless that is taken", "link", "", "\\.tmp"),
  OBJECT_LEFTOVER("removal of an object's temporary name", "unlink", "", "\\.tmp\""),
  OBJECT_NAME_FORCE("force of an object's name", "fsync", "", "/store"),
  ANSWER("an answer to a host: WELCOME, OPENED or ACK", "sendto", "", ""),
  FRAMES("frames of a host are received", "recvfrom", "", ""),
  OTHER("something else, most of it of the Java runtime", "", "", "");

  final String meaning;
  private final String call;
  private final String thread;
  private final Pattern arguments;

  /**
   * @param thread how the thread's name begins
   * @param arguments what is found in the call's arguments
   */
  Failpoint(String meaning, String call, String thread, String arguments) {
    this.meaning = meaning;
    this.call = call;
    this.thread = thread;
    this.arguments = Pattern.compile(arguments);
  }

  /** The first that fits. */
  static Failpoint of(Held held) {
    for (Failpoint point : values()) {
      if (point.fits(held)) {
        return point;
      }
    }
    throw new IllegalStateException("the last fits everything");
  }

  private boolean fits(Held held) {
    return (call.isEmpty() || call.equals(held.call()))
        && held.thread().startsWith(thread)
        && arguments.matcher(held.arguments()).find();
  }
}
