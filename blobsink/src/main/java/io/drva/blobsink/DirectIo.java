package io.drva.blobsink;

import java.nio.file.OpenOption;
import java.util.Optional;

/** The JDK's option for reading and writing past the page cache (O_DIRECT). */
public final class DirectIo {
  private static final Optional<OpenOption> OPTION = find();

  private DirectIo() {}

  /**
   * The option, where the runtime has it. A file system may still refuse it when a file is opened.
   */
  public static Optional<OpenOption> option() {
    return OPTION;
  }

  // By name: the compiler warns of every mention of this exported, documented JDK type, and the
  // warning cannot be suppressed.
  private static Optional<OpenOption> find() {
    try {
      for (Object constant :
          Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants()) {
        if (constant instanceof OpenOption option && option.toString().equals("DIRECT")) {
          return Optional.of(option);
        }
      }
      return Optional.empty();
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }
}
