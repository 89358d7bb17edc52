package io.drva.logstore;

import java.io.IOException;
import java.util.function.BooleanSupplier;

/**
 * What uses one domain's log in one life of a {@link PowerCutRun}: writer and reader, which are the
 * director's, and, as actors, the log's force thread and whoever releases.
 */
final class PowerCutUser implements ForceListener {

  final DomainModel model;
  private final BooleanSupplier powerIsOff;
  private final Turns turns;
  private final Turns.Actor forcing;
  private DomainLog log;
  private LogReader reader;
  private long readLsn;
  private volatile Throwable failure;

  private Turns.Actor releasing;
  private Thread releaser;

  PowerCutUser(DomainModel model, Turns turns, BooleanSupplier powerIsOff) {
    this.model = model;
    this.turns = turns;
    this.powerIsOff = powerIsOff;
    this.forcing = turns.actor("force of " + model.domain);
  }

  /** Takes the log that was opened with this as its listener. */
  void opened(DomainLog opened) {
    log = opened;
  }

  /** Fails unless the log is as it must be. */
  void check() throws IOException {
    model.recovered(log);
    readLsn = Math.max(model.releasedLsn(), log.firstLsn() - 1);
  }

  DomainLog log() {
    return log;
  }

  // ---- the force thread's ----

  @Override
  public void appended(long lsn) {
    model.appended(lsn);
  }

  @Override
  public void forcing() {
    forcing.stop();
  }

  @Override
  public void forced(long lsn, long forceNanos) {
    if (!powerIsOff.getAsBoolean()) {
      model.forced(lsn);
    }
    forcing.rest();
  }

  @Override
  public void failed(Throwable cause) {
    failure = cause;
    forcing.end();
  }

  /** Throws what went wrong on another thread, or that the power failed there. */
  void checkOthers() throws PowerLossException {
    if (powerIsOff.getAsBoolean()) {
      throw new PowerLossException();
    }
    if (failure != null) {
      throw new AssertionError(model.domain + " failed", failure);
    }
  }

  // ---- the director's ----

  boolean hasToForce() {
    return model.appendedLsn() > model.forcedLsn() && failure == null;
  }

  /** Lets the force thread go on to its next stop. */
  void advanceForce() throws PowerLossException {
    forcing.advance();
    checkOthers();
  }

  void forceAll() throws IOException {
    log.flush();
    while (hasToForce()) {
      advanceForce();
    }
  }

  void read(int records) throws IOException {
    if (reader == null) {
      reader = log.reader(readLsn + 1);
    }
    for (int i = 0; i < records && reader.next(); i++) {
      readLsn++;
      model.check(reader, readLsn);
    }
  }

  void closeReader() throws IOException {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }

  long readLsn() {
    return readLsn;
  }

  boolean isReleasing() {
    return releasing != null;
  }

  /** Begins to release; the releaser is at its first stop. */
  void release(long lsn) {
    model.releasing(lsn);
    Turns.Actor actor = turns.actor("release of " + model.domain);
    releasing = actor;
    releaser =
        Thread.ofPlatform()
            .name("release-" + model.domain)
            .start(
                () -> {
                  try {
                    actor.stop();
                    log.release(lsn);
                  } catch (Throwable t) {
                    failure = t;
                  } finally {
                    actor.end();
                  }
                });
  }

  void advanceRelease() throws PowerLossException {
    releasing.advance();
    checkOthers();
    if (releasing.hasEnded()) {
      releasing = null;
      model.released(log);
    }
  }

  void finishRelease() throws PowerLossException {
    while (releasing != null) {
      advanceRelease();
    }
  }

  /** Closes the log in order. */
  void close() throws IOException {
    closeReader();
    finishRelease();
    if (hasToForce()) {
      log.flush(); // Or the writer would write while the force thread, which is let go, forces.
    }
    forcing.free();
    log.close();
  }

  /** A defect of what the log serves stops it, maybe in the middle of a force. */
  void stop() throws IOException {
    closeReader();
    finishRelease();
    log.stop(new IllegalStateException("a defect"));
    forcing.free();
    log.close();
  }

  /** The power is off: ends all threads. */
  void letGo() throws IOException, InterruptedException {
    forcing.free();
    if (releasing != null) {
      releasing.free();
      releaser.join();
    }
    closeReader();
    if (log != null) {
      log.stop(new PowerLossException());
      log.close();
    }
  }
}
