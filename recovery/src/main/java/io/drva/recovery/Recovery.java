package io.drva.recovery;

import io.drva.blobsink.DiskInfo;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Makes the images of a plan.
 *
 * <p>Why there is never a wrong image (invariants 4 and 9):
 *
 * <ol>
 *   <li>The plan followed the chain object by object, each proven by the digest in the next, up to
 *       the position; what is read again here must be the same.
 *   <li>{@link Sweep} goes from the newest record to the oldest and gives each sector to the first
 *       that covers it: that is the last write before the position. Sectors that nothing covers
 *       stay the zeros of a new file.
 *   <li>Every chunk and every record whose data is used is checked before it is written.
 *   <li>An image has its name only after all reads were done without an error and all images were
 *       forced. After an error the partial images are removed.
 * </ol>
 *
 * Memory: {@code workers} × about 6 MiB, the reads of one lot of pieces waiting, and what {@link
 * DiskCoverage} says.
 */
public final class Recovery {
  /** Reads at a time. */
  public static final int WORKERS_DEFAULT = 4;

  private final RecoveryPlan plan;
  private final Path folder;
  private final RecoveryProgress progress;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final BlockingQueue<FetchWorker> idle;
  private final int workers;
  private long bytesDone;

  private Recovery(RecoveryPlan plan, Path folder, int workers, RecoveryProgress progress) {
    this.plan = plan;
    this.folder = folder;
    this.workers = workers;
    this.idle = new ArrayBlockingQueue<>(workers);
    this.progress = progress;
  }

  /**
   * Recovers with {@link #WORKERS_DEFAULT} reads at a time.
   *
   * @see #run(RecoveryPlan, Path, int, RecoveryProgress)
   */
  public static List<Path> run(RecoveryPlan plan, Path folder, RecoveryProgress progress)
      throws IOException {
    return run(plan, folder, WORKERS_DEFAULT, progress);
  }

  /**
   * Writes the images of all disks of a plan.
   *
   * @param folder where to; made when it does not exist
   * @param workers reads at a time
   * @return the images, in the order of the plan's disks, complete and durable
   * @throws io.drva.blobsink.CorruptObjectException when an object is damaged or missing; no image
   *     is left
   * @throws RecoveryException when an image of that name exists
   */
  public static List<Path> run(
      RecoveryPlan plan, Path folder, int workers, RecoveryProgress progress) throws IOException {
    return new Recovery(plan, folder, workers, progress).run();
  }

  private List<Path> run() throws IOException {
    Files.createDirectories(folder);
    List<ImageFile> images = new ArrayList<>();
    boolean complete = false;
    try {
      for (RecoveryPlan.Disk disk : plan.disks()) {
        images.add(ImageFile.create(folder.resolve(disk.imageName()), disk.capacityBytes()));
      }
      fetch(images);
      for (ImageFile image : images) {
        image.force();
      }
      complete = true;
    } finally {
      for (ImageFile image : images) {
        image.close();
        if (!complete) {
          image.delete();
        }
      }
    }
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      images.get(i).publish();
      paths.add(folder.resolve(plan.disks().get(i).imageName()));
    }
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    }
    return paths;
  }

  private void fetch(List<ImageFile> images) throws IOException {
    for (int i = 0; i < workers; i++) {
      idle.add(new FetchWorker(plan.container(), images));
    }
    List<DiskInfo> disks = plan.diskInfos();
    try (ExecutorService pool =
        Executors.newFixedThreadPool(
            workers, Thread.ofPlatform().daemon().name("recovery-", 0).factory())) {
      try {
        new Sweep(plan.container(), plan.segments(), plan.lsn(), disks)
            .run(tasks -> submit(pool, tasks));
      } catch (IOException | RuntimeException e) {
        failure.compareAndSet(null, e);
      }
      // Closing the pool waits for the reads under way; they write to the images, which must
      // outlive them.
    }
    rethrow();
  }

  /**
   * Hands reads to workers, waiting for an idle one: no more reads are under way than there are
   * workers.
   */
  private void submit(ExecutorService pool, List<FetchTask> tasks) throws IOException {
    for (FetchTask task : tasks) {
      rethrow();
      FetchWorker worker;
      try {
        worker = idle.take();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("recovery was interrupted");
      }
      pool.execute(() -> work(worker, task));
    }
  }

  private void work(FetchWorker worker, FetchTask task) {
    try {
      worker.run(task);
      done(task.rangeBytes());
    } catch (IOException | RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    } finally {
      idle.add(worker);
    }
  }

  private synchronized void done(long bytes) {
    bytesDone += bytes;
    progress.progress(bytesDone, plan.storedBytes());
  }

  private void rethrow() throws IOException {
    switch (failure.get()) {
      case null -> {
        // Nothing went wrong so far.
      }
      case IOException io -> throw io;
      case RuntimeException bug -> throw bug;
      case Error error -> throw error;
      case Throwable other -> throw new IllegalStateException(other);
    }
  }
}
