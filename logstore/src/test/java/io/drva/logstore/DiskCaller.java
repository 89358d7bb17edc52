package io.drva.logstore;

import java.security.CodeSource;
import java.util.Set;

/** Who wants something of a disk, for disks of tests that behave differently to each. */
final class DiskCaller {

  /** Where the log store's classes are, and not the tests'. */
  private static final CodeSource LOG_STORE = LogVolume.class.getProtectionDomain().getCodeSource();

  /** Methods that do for their caller what the disk does. */
  private static final Set<String> HANDED_ON =
      Set.of(
          "CycleFile.force",
          "CycleFile.write",
          "CycleFile.zeroHead",
          "CyclePool.forceDirectory",
          "DomainDirectory.force");

  private DiskCaller() {}

  /** The method of the log store that the calling thread is in, as Class.method. */
  static String name() {
    return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE)
        .walk(
            frames ->
                frames
                    .filter(frame -> isOfTheLogStore(frame.getDeclaringClass()))
                    .map(
                        frame ->
                            frame.getDeclaringClass().getSimpleName() + "." + frame.getMethodName())
                    .filter(method -> !HANDED_ON.contains(method))
                    .findFirst()
                    .orElseThrow());
  }

  private static boolean isOfTheLogStore(Class<?> type) {
    return type.getPackage().equals(LogVolume.class.getPackage())
        && LOG_STORE.equals(type.getProtectionDomain().getCodeSource());
  }
}
