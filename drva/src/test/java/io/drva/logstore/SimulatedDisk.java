package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.random.RandomGenerator;

/**
 * A disk below a simulated appliance: takes its time, fails when it is told to, and tells what of
 * the logs is durable. What a power cut or a kill leaves is {@link PowerCutDisk}'s to say.
 */
public final class SimulatedDisk implements Disk {
  /** What the simulation decides. */
  public interface Course {
    /** Called before and after each operation: takes the time that it takes, or fails it. */
    void operation(Kind kind) throws IOException;
  }

  /** Kinds of operations, as far as they fare differently. */
  public enum Kind {
    WRITE,
    FORCE,
    OTHER
  }

  private final PowerCutDisk disk;
  private final Course course;
  private final DurableRecords durable;
  private final boolean forces;
  private long filesBegun;

  /**
   * @param durable is told what of the logs is durable
   * @param forces whether a file is forced when that is said; a disk that lies otherwise
   */
  public SimulatedDisk(PowerCutDisk disk, Course course, DurableRecords durable, boolean forces) {
    this.disk = disk;
    this.forces = forces;
    this.course = course;
    this.durable = durable;
    disk.watch(
        (operation, moment, path) -> {
          if (moment == PowerCutDisk.Moment.AMID) {
            course.operation(Kind.OTHER);
          }
        });
  }

  /** How many cycle files the logs have begun. */
  public long filesBegun() {
    return filesBegun;
  }

  /** From now on every operation fails. */
  public void powerOff() {
    disk.powerOff();
  }

  /** What a process that is killed now leaves behind on a machine that goes on. */
  public PowerCutDisk kill(Path target) throws IOException {
    return disk.kill(target);
  }

  /** What a machine finds whose power was cut now. */
  public void cut(Path target, RandomGenerator random) throws IOException {
    disk.cut(target, random);
  }

  /** What another machine finds that got a copy of the disk as it is now. */
  public void copy(Path target, RandomGenerator random) throws IOException {
    disk.cut(target, PowerCutNames.Survival.ALL, PowerCutFile.Survival.NEW, random);
  }

  @Override
  public FileChannel create(Path file) throws IOException {
    course.operation(Kind.OTHER);
    FileChannel channel = disk.create(file);
    durable.opened(channel, file);
    return channel;
  }

  @Override
  public FileChannel openForAppend(Path file) throws IOException {
    course.operation(Kind.OTHER);
    FileChannel channel = disk.openForAppend(file);
    durable.opened(channel, file);
    return channel;
  }

  @Override
  public FileChannel openForRead(Path file) throws IOException {
    return disk.openForRead(file);
  }

  @Override
  public FileChannel openForScan(Path file) throws IOException {
    return disk.openForScan(file);
  }

  @Override
  public void write(FileChannel channel, ByteBuffer source, long positionBytes) throws IOException {
    course.operation(Kind.WRITE);
    ByteBuffer content = source.duplicate();
    disk.write(channel, source, positionBytes);
    durable.written(channel, content);
    course.operation(Kind.OTHER);
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    Object began = durable.forcing(channel);
    course.operation(Kind.FORCE);
    if (forces) {
      disk.force(channel);
      durable.forced(channel, began);
    }
    course.operation(Kind.OTHER);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    course.operation(Kind.FORCE);
    disk.forceDirectory(directory);
    durable.forcedDirectory(directory);
    course.operation(Kind.OTHER);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    course.operation(Kind.OTHER);
    disk.createDirectory(directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    course.operation(Kind.OTHER);
    disk.move(from, to);
    filesBegun += RunAppender.isCycleFile(to) ? 1 : 0;
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    course.operation(Kind.OTHER);
    disk.replace(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    course.operation(Kind.OTHER);
    disk.delete(path);
  }
}
