package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A folder as a container.
 *
 * <p>An object appears at once and complete, or not at all:
 *
 * <ol>
 *   <li>its bytes are written to a file whose name starts with a dot, and forced;
 *   <li>a hard link gives that file the object's name, which fails when the name is taken: the file
 *       system decides between two creators;
 *   <li>the folder is forced, so that the name survives a power loss; only then is the object
 *       reported, as created or as existing.
 * </ol>
 *
 * A force that failed may have dropped the very pages that it did not write, and a second one would
 * succeed without them (step 3 of a later attempt would vouch for step 3 of this one). So after a
 * failed force the container takes no more objects until it is opened anew.
 */
final class DirectoryContainer implements Container {
  private static final String TEMPORARY_PREFIX = ".";
  private static final String TEMPORARY_SUFFIX = ".tmp";
  private static final int LIST_DEPTH_MAX = 4;

  private final Path folder;
  private final String name;
  private final DirectFiles files;
  private final Forcer forcer;
  private final Set<Path> forcedFolders = ConcurrentHashMap.newKeySet();
  private volatile IOException failedForce;

  /** Makes the names in a directory durable. */
  interface Forcer {
    void force(Path directory) throws IOException;
  }

  DirectoryContainer(Path folder, String name, DirectFiles files) {
    this(folder, name, files, DirectoryContainer::force);
  }

  DirectoryContainer(Path folder, String name, DirectFiles files, Forcer forcer) {
    this.folder = folder;
    this.name = name;
    this.files = files;
    this.forcer = forcer;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String location() {
    return "dir:" + folder;
  }

  @Override
  public void createIfAbsent() throws StoreException {
    Path store = folder.getParent();
    try {
      if (!Files.isDirectory(store)) {
        ensureFolder(store);
      }
      ensureFolder(folder);
      // What a writer left when it was killed. A writer that is alive on the same folder starts its
      // object again.
      removeTemporaries(folder, 0);
    } catch (IOException e) {
      throw failure("create container", null, -1, e);
    }
  }

  private static void removeTemporaries(Path parent, int depth) throws IOException {
    for (Path entry : entries(parent)) {
      String entryName = entry.getFileName().toString();
      if (Files.isDirectory(entry)) {
        if (depth < LIST_DEPTH_MAX && !entryName.startsWith(".")) {
          removeTemporaries(entry, depth + 1);
        }
      } else if (entryName.startsWith(TEMPORARY_PREFIX) && entryName.endsWith(TEMPORARY_SUFFIX)) {
        Files.deleteIfExists(entry);
      }
    }
  }

  /** What a folder holds. An error in the middle of it is an {@code IOException}, too. */
  static List<Path> entries(Path parent) throws IOException {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent)) {
      stream.forEach(entries::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return entries;
  }

  @Override
  public PutResult put(String object, ObjectContent content) throws StoreException {
    Path target = path(object);
    if (failedForce != null) {
      throw failure("put", object, -1, failedForce);
    }
    try {
      if (!Files.isDirectory(folder)) {
        throw absent("put", object);
      }
      Path parent = target.getParent();
      ensureFolder(parent);
      PutResult result =
          Files.exists(target) ? PutResult.EXISTS : writeAndLink(parent, target, content);
      forceOrStop(parent);
      return result;
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      throw failure("put", object, -1, e);
    }
  }

  private PutResult writeAndLink(Path parent, Path target, ObjectContent content)
      throws IOException {
    Path temporary =
        parent.resolve(
            TEMPORARY_PREFIX + target.getFileName() + "." + UUID.randomUUID() + TEMPORARY_SUFFIX);
    try {
      files.write(temporary, content.buffers());
      Files.createLink(target, temporary);
      return PutResult.CREATED;
    } catch (FileAlreadyExistsException e) {
      return PutResult.EXISTS;
    } catch (UnsupportedOperationException e) {
      throw new FileSystemException(target.toString(), null, "the file system has no hard links");
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Makes the folder, and the name of it durable in its parent, once per opened container. */
  private void ensureFolder(Path path) throws IOException {
    if (!forcedFolders.contains(path)) {
      if (path.getParent().startsWith(folder)) {
        ensureFolder(path.getParent());
      }
      if (!Files.isDirectory(path)) {
        try {
          Files.createDirectory(path);
        } catch (FileAlreadyExistsException e) {
          if (!Files.isDirectory(path)) {
            throw new NotDirectoryException(path.toString());
          }
        }
      }
      forceOrStop(path.getParent());
      forcedFolders.add(path);
    }
  }

  /**
   * One at a time, and none after one that failed: a failure is told once, so that a force beside
   * it would succeed without the pages that were dropped.
   */
  private synchronized void forceOrStop(Path directory) throws IOException {
    if (failedForce != null) {
      throw failedForce;
    }
    try {
      forcer.force(directory);
    } catch (ClosedByInterruptException | FileSystemException e) {
      // The thread was stopped, or the directory could not be opened: too many files are, perhaps.
      // Nothing is known to be wrong with the disk.
      throw e;
    } catch (IOException e) {
      failedForce = e;
      throw e;
    }
  }

  /** Makes the names in a directory durable. */
  static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public int read(String object, long offset, ByteBuffer into) throws StoreException {
    try {
      return files.read(path(object), offset, into);
    } catch (IOException e) {
      throw failure("read", object, offset, e);
    }
  }

  @Override
  public Optional<ObjectInfo> stat(String object) throws StoreException {
    try {
      return Optional.of(new ObjectInfo(object, Files.size(path(object))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("stat", object, -1, e);
    }
  }

  /**
   * Holds the names (not the sizes) of all objects while it runs: a directory has no order of its
   * own.
   */
  @Override
  public void list(String prefix, ObjectVisitor visitor) throws IOException {
    if (Files.notExists(folder)) {
      throw absent("list", null);
    }
    List<String> names = new ArrayList<>();
    try {
      collect(folder, "", prefix, 0, names);
    } catch (IOException e) {
      throw failure("list", null, -1, e);
    }
    Collections.sort(names);
    for (String object : names) {
      Optional<ObjectInfo> info = stat(object);
      if (info.isPresent() && !visitor.object(info.get())) {
        return;
      }
    }
  }

  private static void collect(
      Path parent, String parentName, String prefix, int depth, List<String> into)
      throws IOException {
    for (Path entry : entries(parent)) {
      String entryName = entry.getFileName().toString();
      if (entryName.startsWith(".")) {
        continue;
      }
      String object = parentName + entryName;
      if (Files.isDirectory(entry)) {
        String folderName = object + "/";
        if (depth < LIST_DEPTH_MAX
            && (folderName.startsWith(prefix) || prefix.startsWith(folderName))) {
          collect(entry, folderName, prefix, depth + 1, into);
        }
      } else if (object.startsWith(prefix)) {
        into.add(object);
      }
    }
  }

  private Path path(String object) {
    return folder.resolve(ObjectStores.checkObject(object));
  }

  private StoreException absent(String operation, String object) {
    return StoreException.of(
        StoreException.Reason.NOT_FOUND,
        operation,
        this,
        object,
        -1,
        StoreException.NO_CONTAINER,
        null);
  }

  private StoreException failure(String operation, String object, long position, IOException e) {
    boolean reading = operation.equals("read");
    StoreException.Reason reason =
        switch (e) {
          case NoSuchFileException missing when reading -> StoreException.Reason.NOT_FOUND;
          case AccessDeniedException denied -> StoreException.Reason.DENIED;
          default -> StoreException.Reason.IO;
        };
    String hint =
        switch (reason) {
          case NOT_FOUND -> "there is no such object";
          case DENIED -> "permission denied; check the owner and mode of " + folder;
          default ->
              failedForce == null
                  ? text(e)
                  : "a force failed (" + text(e) + "); check the disk, then open the store again";
        };
    return StoreException.of(reason, operation, this, object, position, hint, e);
  }

  static String text(IOException e) {
    return switch (e) {
      // Their message is only the path.
      case NoSuchFileException missing -> "no such file or folder: " + missing.getFile();
      case AccessDeniedException denied -> "permission denied: " + denied.getFile();
      case NotDirectoryException file -> "not a folder: " + file.getFile();
      case FileSystemException named when named.getReason() != null -> named.getReason();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  @Override
  public String toString() {
    return location();
  }
}
