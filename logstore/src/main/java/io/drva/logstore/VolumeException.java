package io.drva.logstore;

import java.io.IOException;
import java.nio.file.Path;

/** The volume cannot be used: the message is one line with the path, what is wrong, what to do. */
public final class VolumeException extends IOException {

  private static final long serialVersionUID = 1L;

  VolumeException(Path path, String what, String whatToDo) {
    super(path + ": " + what + "; " + whatToDo);
  }
}
