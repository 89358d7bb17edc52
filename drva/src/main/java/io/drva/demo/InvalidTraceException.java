package io.drva.demo;

import java.nio.file.Path;

/** A trace with a mistake: file, line and what was expected. */
public final class InvalidTraceException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidTraceException(Path file, int line, String what) {
    super(file + (line > 0 ? ":" + line : "") + ": " + what);
  }
}
