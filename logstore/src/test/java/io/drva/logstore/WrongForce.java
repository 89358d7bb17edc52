package io.drva.logstore;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A defect put in on purpose: a force that a method of the log store asks for returns without
 * having been done, or another is done in its place. A simulation that does not notice proves
 * nothing.
 */
enum WrongForce {
  /** Records are acknowledged before they are forced. */
  NONE_OF_A_GROUP("force", "Forcer.forceOnce", ".*"),
  /** Of the files that a group is in only the newest is forced. */
  NEWEST_FILE_ONLY("force", "Forcer.forceOnce", ".*"),
  /** Another file that is open is forced. */
  ANOTHER_FILE("force", "Forcer.forceOnce", ".*"),
  NONE_OF_A_RUN("forceDirectory", "Forcer.forceOnce", "run-.*"),
  NONE_OF_THE_POOL("forceDirectory", "Forcer.forceOnce", "pool"),
  NONE_OF_A_NEW_RUN("forceDirectory", "LogTail.<init>", ".*"),
  NONE_OF_A_NEW_DOMAIN("forceDirectory", "LogVolume.make", "domains"),
  NONE_OF_THE_POOL_RECYCLED_INTO("forceDirectory", "CyclePool.recycle", "pool"),
  NONE_OF_THE_RUN_RECYCLED_FROM("forceDirectory", "CyclePool.recycle", "run-.*"),
  NONE_OF_A_SMALL_FILE("force", "DurableFile.write", ".*"),
  NONE_OF_A_SMALL_FILES_NAME("forceDirectory", "DurableFile.write", ".*"),
  NONE_BY_RECOVERY("force", "DomainRecovery.force", ".*"),
  NONE_OF_NAMES_BY_RECOVERY("forceDirectory", "DomainRecovery.force", ".*"),
  NONE_OF_A_NEW_CYCLE_FILE("force", "CyclePool.fill", ".*"),
  NONE_OF_A_NEW_CYCLE_FILES_NAME("forceDirectory", "CyclePool.write", ".*"),
  NONE_OF_A_REMOVED_LOG("forceDirectory", "LogVolume.removeDomain", ".*"),
  NONE_OF_THE_VOLUMES_NAMES("forceDirectory", "LogVolume.forceNames", "domains|pool|life-.*"),
  NONE_OF_A_DOMAINS_NAMES("forceDirectory", "LogVolume.forceNames", "domain-.*|run-.*");

  private final String method;
  private final String caller;
  private final String name;

  WrongForce(String method, String caller, String name) {
    this.method = method;
    this.caller = caller;
    this.name = name;
  }

  /**
   * The disk with this defect.
   *
   * @param times counts how often it came to bear
   */
  Disk on(Disk disk, AtomicInteger times) {
    Map<FileChannel, Path> open = new LinkedHashMap<>();
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (proxy, called, arguments) -> {
              if (called.getName().equals(method) && isAskedFor(arguments[0])) {
                times.incrementAndGet();
                for (FileChannel channel : insteadOf(arguments[0], open)) {
                  disk.force(channel);
                }
                return null;
              }
              Object result;
              try {
                result = called.invoke(disk, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              if (called.getName().equals("create") || called.getName().equals("openForAppend")) {
                synchronized (open) {
                  open.put((FileChannel) result, (Path) arguments[0]);
                }
              }
              return result;
            });
  }

  private boolean isAskedFor(Object forced) {
    return DiskCaller.name().equals(caller)
        && (forced instanceof FileChannel
            || ((Path) forced).getFileName().toString().matches(name));
  }

  private List<FileChannel> insteadOf(Object forced, Map<FileChannel, Path> open) {
    synchronized (open) {
      open.keySet().removeIf(channel -> !channel.isOpen());
      return open.keySet().stream()
          .filter(
              other ->
                  switch (this) {
                    case NEWEST_FILE_ONLY ->
                        other.equals(forced) && isNewest(open.get(other), open);
                    case ANOTHER_FILE -> !other.equals(forced);
                    default -> false;
                  })
          .toList();
    }
  }

  private static boolean isNewest(Path file, Map<FileChannel, Path> open) {
    return open.values().stream()
        .filter(other -> other.getParent().equals(file.getParent()))
        .noneMatch(other -> other.compareTo(file) > 0);
  }
}
