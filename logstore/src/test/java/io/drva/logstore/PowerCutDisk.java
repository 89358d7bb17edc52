package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.WeakHashMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A disk whose power can be cut: works on real files below one directory, which stand for the page
 * cache, knows what of them is durable, and can put in another directory what a machine could find
 * when the power comes back.
 *
 * <p>The model. It promises what POSIX and the manual pages promise, and no more; ext4, XFS and
 * btrfs all promise more.
 *
 * <ol>
 *   <li><b>Content.</b> When {@link #force} returns, the file's content and size as of the call are
 *       durable. Everything after is not: each 4 KiB page holds its durable content, or what it
 *       held at some moment since, or sectors of 512 bytes of both, independently of every other
 *       page and file. A sector is never torn. What is looked at is always the file itself, so that
 *       writes through a mapping count like any other.
 *   <li><b>Size.</b> A size that was not forced is the durable one, the current one, or one in
 *       between that ends a page. What was never written below it reads as zeros.
 *   <li><b>Names.</b> Creating, deleting or renaming is atomic: what is renamed has one of its two
 *       names, never both and never none, and a name that is replaced is the old file's or the new
 *       one's. A change is durable when each directory that it changes was forced: for a rename the
 *       one that is left and the one that is entered (the three file systems make it durable with
 *       either).
 *   <li>Changes that are not durable survive or not, in any combination in which they do not build
 *       on each other: one builds on an earlier one of the same file, of the same name, or that
 *       made the directory it is in. So forcing a directory does not make its own name durable, and
 *       forcing a file does not make its name durable (the three file systems commit in order, or
 *       log the parents with the file). A durable change makes the earlier ones of the same file
 *       and the same names durable with it: a file has one place.
 *   <li>What appears in a directory without this disk having been told, such as Chronicle's own
 *       metadata file, is a file that was created and never forced.
 * </ol>
 *
 * <p>The disk's own first directory is durable, and so is what it held to begin with. Real forces
 * are not done: the model decides what is durable.
 */
public final class PowerCutDisk implements Disk {

  /** What is done with a disk. */
  enum Operation {
    CREATE,
    OPEN_FOR_APPEND,
    OPEN_FOR_READ,
    OPEN_FOR_SCAN,
    WRITE,
    FORCE,
    FORCE_DIRECTORY,
    CREATE_DIRECTORY,
    MOVE,
    REPLACE,
    DELETE
  }

  /** When, within an operation. In the middle of a write a part of it has been done. */
  enum Moment {
    BEFORE,
    AMID,
    AFTER
  }

  /** Told on the thread that does it, and without a lock, how far an operation has come. */
  @FunctionalInterface
  interface Watcher {
    void reached(Operation operation, Moment moment, Path path) throws IOException;
  }

  private final SystemDisk disk = new SystemDisk();
  private final Path root;
  private final PowerCutNames names;
  private final Map<FileChannel, PowerCutFile> openForWriting = new WeakHashMap<>();
  private volatile Watcher watcher = (operation, moment, path) -> {};
  private volatile boolean off;

  /** A disk in a directory, which is made if need be; what is in it is durable. */
  public PowerCutDisk(Path root) throws IOException {
    this(root, new PowerCutNames());
    try (Stream<Path> paths = Files.walk(this.root)) {
      for (Path path : paths.filter(path -> !path.equals(this.root)).toList()) {
        Path name = name(path);
        names.found(
            name, Files.isDirectory(path) ? new PowerCutNames.Directory() : PowerCutFile.durable());
      }
    }
  }

  private PowerCutDisk(Path root, PowerCutNames names) throws IOException {
    Files.createDirectories(root);
    this.root = root.toRealPath();
    this.names = names;
  }

  Path root() {
    return root;
  }

  void watch(Watcher newWatcher) {
    watcher = newWatcher;
  }

  /**
   * From now on every operation throws {@link PowerLossException}, those under way as well. A
   * process is ended by this and then {@link #cut}, in this order, so that it is told of nothing
   * that the cut does not know.
   */
  public void powerOff() {
    off = true;
  }

  public boolean isOff() {
    return off;
  }

  /**
   * Makes {@code target} what the disk could hold if the power failed now. Changes nothing here:
   * one moment may be cut several times, with as many outcomes.
   */
  public void cut(Path target, RandomGenerator random) throws IOException {
    PowerCutNames.Survival ofNames = PowerCutNames.anySurvival(random);
    boolean alike = random.nextBoolean();
    cut(target, ofNames, alike ? PowerCutFile.anySurvival(random) : null, random);
  }

  /**
   * As {@link #cut(Path, RandomGenerator)}.
   *
   * @param ofContent what survives of each file; with null that is another for each
   */
  synchronized void cut(
      Path target,
      PowerCutNames.Survival ofNames,
      PowerCutFile.Survival ofContent,
      RandomGenerator random)
      throws IOException {
    findStrangers();
    Files.createDirectories(target);
    for (var entry : names.survive(ofNames, random).entrySet()) {
      Path copy = target.resolve(entry.getKey());
      if (entry.getValue() instanceof PowerCutFile file) {
        file.survive(
            root, copy, ofContent == null ? PowerCutFile.anySurvival(random) : ofContent, random);
      } else {
        Files.createDirectory(copy);
      }
    }
  }

  /**
   * What a process that is killed now leaves on a machine that goes on: a disk in {@code target}
   * with the same files, of which the same is durable. The power of this one is off from then on.
   */
  synchronized PowerCutDisk kill(Path target) throws IOException {
    powerOff();
    findStrangers();
    PowerCutDisk left = new PowerCutDisk(target, names);
    for (var entry : names.all().entrySet()) {
      Path copy = left.root.resolve(entry.getKey());
      if (entry.getValue() instanceof PowerCutFile file) {
        file.copy(root, copy);
      } else {
        Files.createDirectory(copy);
      }
    }
    return left;
  }

  private Path name(Path path) {
    return root.relativize(path);
  }

  // ---- the disk ----

  @Override
  public FileChannel create(Path file) throws IOException {
    reached(Operation.CREATE, Moment.BEFORE, file);
    FileChannel channel;
    synchronized (this) {
      channel = disk.create(file);
      PowerCutFile created = PowerCutFile.fresh();
      names.added(name(file), created);
      openForWriting.put(channel, created);
    }
    return opened(channel, Operation.CREATE, file);
  }

  @Override
  public FileChannel openForAppend(Path file) throws IOException {
    reached(Operation.OPEN_FOR_APPEND, Moment.BEFORE, file);
    FileChannel channel;
    synchronized (this) {
      findStrangers();
      channel = disk.openForAppend(file);
      openForWriting.put(channel, (PowerCutFile) names.at(name(file)));
    }
    return opened(channel, Operation.OPEN_FOR_APPEND, file);
  }

  @Override
  public FileChannel openForRead(Path file) throws IOException {
    reached(Operation.OPEN_FOR_READ, Moment.BEFORE, file);
    return opened(disk.openForRead(file), Operation.OPEN_FOR_READ, file);
  }

  @Override
  public FileChannel openForScan(Path file) throws IOException {
    reached(Operation.OPEN_FOR_SCAN, Moment.BEFORE, file);
    return opened(disk.openForScan(file), Operation.OPEN_FOR_SCAN, file);
  }

  /** Hands the channel out, unless the power fails first. */
  private FileChannel opened(FileChannel channel, Operation operation, Path file)
      throws IOException {
    try {
      reached(operation, Moment.AFTER, file);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    return channel;
  }

  /** In two parts: the power may fail between them. */
  @Override
  public void write(FileChannel channel, ByteBuffer source, long positionBytes) throws IOException {
    PowerCutFile file = file(channel);
    Path path = root.resolve(file.path());
    reached(Operation.WRITE, Moment.BEFORE, path);
    int length = source.remaining();
    int part = new SplittableRandom(positionBytes + length).nextInt(length + 1);
    synchronized (this) {
      file.writing(channel, positionBytes, length);
    }
    disk.write(channel, source.slice(source.position(), part), positionBytes);
    reached(Operation.WRITE, Moment.AMID, path);
    disk.write(channel, source.position(source.position() + part), positionBytes + part);
    reached(Operation.WRITE, Moment.AFTER, path);
  }

  /** Covers what the file holds when it begins; whatever is written until it ends may be torn. */
  @Override
  public void force(FileChannel channel) throws IOException {
    PowerCutFile file = file(channel);
    Path path = root.resolve(file.path());
    reached(Operation.FORCE, Moment.BEFORE, path);
    PowerCutFile.Force force;
    synchronized (this) {
      force = file.force(channel);
    }
    reached(Operation.FORCE, Moment.AMID, path);
    synchronized (this) {
      checkPower();
      force.done();
    }
    reached(Operation.FORCE, Moment.AFTER, path);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    reached(Operation.FORCE_DIRECTORY, Moment.BEFORE, directory);
    if (!Files.isDirectory(directory)) {
      throw new NoSuchFileException(directory.toString());
    }
    synchronized (this) {
      findStrangers();
      names.forced(name(directory));
    }
    reached(Operation.FORCE_DIRECTORY, Moment.AFTER, directory);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    reached(Operation.CREATE_DIRECTORY, Moment.BEFORE, directory);
    synchronized (this) {
      disk.createDirectory(directory);
      names.added(name(directory), new PowerCutNames.Directory());
    }
    reached(Operation.CREATE_DIRECTORY, Moment.AFTER, directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    reached(Operation.MOVE, Moment.BEFORE, from);
    synchronized (this) {
      findStrangers();
      disk.move(from, to);
      names.renamed(name(from), name(to));
    }
    reached(Operation.MOVE, Moment.AFTER, to);
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    reached(Operation.REPLACE, Moment.BEFORE, from);
    synchronized (this) {
      findStrangers();
      removing(to);
      disk.replace(from, to);
      names.renamed(name(from), name(to));
    }
    reached(Operation.REPLACE, Moment.AFTER, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    reached(Operation.DELETE, Moment.BEFORE, path);
    synchronized (this) {
      findStrangers();
      removing(path);
      disk.delete(path);
      names.removed(name(path));
    }
    reached(Operation.DELETE, Moment.AFTER, path);
  }

  private void removing(Path path) throws IOException {
    if (names.at(name(path)) instanceof PowerCutFile file) {
      file.removing(root);
    }
  }

  private synchronized PowerCutFile file(FileChannel channel) throws IOException {
    if (!channel.isOpen()) {
      throw new ClosedChannelException();
    }
    return openForWriting.get(channel);
  }

  private void reached(Operation operation, Moment moment, Path path) throws IOException {
    checkPower();
    watcher.reached(operation, moment, path);
    checkPower();
  }

  private void checkPower() throws PowerLossException {
    if (off) {
      throw new PowerLossException();
    }
  }

  /** Takes in what has been made without this disk. */
  private void findStrangers() throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.filter(path -> !path.equals(root)).toList()) {
        Path name = name(path);
        if (names.at(name) == null) {
          names.added(
              name, Files.isDirectory(path) ? new PowerCutNames.Directory() : PowerCutFile.fresh());
        }
      }
    }
  }
}
