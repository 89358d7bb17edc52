package io.drva.cli;

import io.drva.demo.Phases;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * A progress bar on standard error, one for each phase of a long operation; none when standard
 * error is no terminal.
 */
final class Progress implements Phases, AutoCloseable {
  /** Set by the launcher. */
  private static final boolean ON_TERMINAL = Boolean.getBoolean("drva.terminal");

  private static final int REDRAW_MS = 200;
  private static final long MIB = 1L << 20;

  private ProgressBar bar;

  @Override
  public synchronized void begin(String phase, long totalBytes) {
    if (!ON_TERMINAL) {
      return;
    }
    if (bar != null) {
      bar.stepTo(bar.getMax()); // The phase before is done; its last step may not have been told.
    }
    close();
    bar =
        new ProgressBarBuilder()
            .setTaskName(phase)
            .setInitialMax(Math.max(1, totalBytes))
            .setUnit(" MiB", MIB)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(REDRAW_MS)
            .showSpeed()
            .setSpeedUnit(ChronoUnit.SECONDS)
            .startsFrom(0, Duration.ZERO)
            .build();
  }

  @Override
  public synchronized void progressed(long doneBytes) {
    if (bar != null) {
      bar.stepTo(doneBytes);
    }
  }

  /** So many bytes more are done. */
  synchronized void advanced(long bytes) {
    if (bar != null) {
      bar.stepBy(bytes);
    }
  }

  /** For work whose size becomes known as it goes on. */
  synchronized void progressed(long doneBytes, long totalBytes) {
    if (bar != null) {
      bar.maxHint(totalBytes);
      bar.stepTo(doneBytes);
    }
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
