package io.drva.logstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/** The system's disk, with faults on order and a gate that forces have to pass. */
final class FaultyDisk implements Disk {

  private final SystemDisk disk = new SystemDisk();
  private final Semaphore gate = new Semaphore(0);
  volatile boolean gated;
  volatile boolean failForce;
  volatile boolean failWrite;
  volatile boolean failDirectory;
  volatile int forces;

  /** So many writes succeed before the disk is full. */
  int writesLeft = Integer.MAX_VALUE;

  /** Lets as many gated forces pass. */
  void pass(int forcesToPass) {
    gate.release(forcesToPass);
  }

  @Override
  public FileChannel create(Path file) throws IOException {
    return disk.create(file);
  }

  @Override
  public FileChannel openForAppend(Path file) throws IOException {
    return disk.openForAppend(file);
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
    if (failWrite || writesLeft-- <= 0) {
      throw new IOException("No space left on device (injected)");
    }
    disk.write(channel, source, positionBytes);
  }

  @Override
  public void force(FileChannel channel) throws IOException {
    if (gated) {
      gate.acquireUninterruptibly();
    }
    synchronized (this) {
      forces++;
    }
    if (failForce) {
      throw new IOException("Input/output error (injected)");
    }
    disk.force(channel);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    if (failDirectory) {
      throw new IOException("Input/output error (injected)");
    }
    disk.forceDirectory(directory);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    disk.move(from, to);
  }

  @Override
  public void createDirectory(Path directory) throws IOException {
    disk.createDirectory(directory);
  }

  @Override
  public void replace(Path from, Path to) throws IOException {
    disk.replace(from, to);
  }

  @Override
  public void delete(Path path) throws IOException {
    disk.delete(path);
  }
}
