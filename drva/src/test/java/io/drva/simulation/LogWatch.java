package io.drva.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * Reads what the code under simulation logs: a runtime exception in a log is a defect, even where
 * it was caught, and so is a buffer that Netty finds to have leaked. Nothing is printed meanwhile,
 * or everything, with the simulated time.
 */
final class LogWatch extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Logger ours = (Logger) LoggerFactory.getLogger("io.drva");
  private final Level levelBefore = ours.getLevel();
  private final List<Appender<ILoggingEvent>> before = new ArrayList<>();
  private final Consumer<Throwable> onDefect;
  private final Consumer<String> print;

  /**
   * Watches until it is closed.
   *
   * @param print what is logged is printed by this; null for not at all
   */
  LogWatch(Consumer<Throwable> onDefect, Consumer<String> print) {
    this.onDefect = onDefect;
    this.print = print;
    root.iteratorForAppenders().forEachRemaining(before::add);
    before.forEach(root::detachAppender);
    setContext(root.getLoggerContext());
    start();
    root.addAppender(this);
    ours.setLevel(print == null ? Level.WARN : Level.DEBUG);
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (print != null) {
      print.accept(
          event.getThreadName()
              + " "
              + event.getLoggerName().replaceAll(".*\\.", "")
              + ": "
              + event.getFormattedMessage());
    }
    if (event.getMessage().startsWith("LEAK")) {
      onDefect.accept(new AssertionError(event.getFormattedMessage()));
    }
    if (event.getThrowableProxy() instanceof ThrowableProxy proxy) {
      Throwable logged = proxy.getThrowable();
      if (logged instanceof RuntimeException || logged instanceof Error) {
        onDefect.accept(new AssertionError(event.getFormattedMessage(), logged));
      }
    }
  }

  @Override
  public void close() {
    root.detachAppender(this);
    stop();
    before.forEach(root::addAppender);
    ours.setLevel(levelBefore);
  }
}
