package io.drva.appliance;

import java.nio.file.Path;

/** A configuration file with a mistake: file, line, key and what was expected, in one line. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  ConfigException(Path file, int line, String what) {
    super(file + (line > 0 ? ":" + line : "") + ": " + what);
  }
}
