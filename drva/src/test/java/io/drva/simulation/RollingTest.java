package io.drva.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.logstore.MemoryDirectory;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Invariant 7: a log that rolls from file to file for a long time, and is opened anew now and then,
 * leaks nothing. {@code -Ddrva.hours=N} says how long: one simulated hour, a day in the profile
 * {@code simulation-campaign}.
 */
class RollingTest {
  private static final int ROLLS_PER_HOUR = 20;

  /** Buffers come and go, and the collector leaves some of what is garbage. */
  private static final long HEAP_GROWTH_BYTES_MAX = 8 << 20;

  private static final long DIRECT_GROWTH_BYTES_MAX = 16 << 20;

  @TempDir(factory = MemoryDirectory.class)
  Path folder;

  private final List<Sample> samples = new ArrayList<>();

  /**
   * What the process has while the log is open.
   *
   * @param openFiles of the volume
   * @param volumeFiles log files, in use and free
   * @param threads of the JVM
   * @param simulatedThreads of the appliance and the hosts
   * @param heapBytes after a collection, without what the store keeps
   */
  private record Sample(
      long nanos,
      long filesBegun,
      long openFiles,
      long volumeFiles,
      long threads,
      long simulatedThreads,
      long heapBytes,
      long directBytes,
      long mappedBytes) {}

  @Test
  void aLogThatRollsLeaksNothing() throws Exception {
    int hours = Integer.getInteger("drva.hours", 1);
    int rolls = hours * ROLLS_PER_HOUR;
    Plan plan = Plan.rolling(hours, rolls);
    Simulation simulation = new Simulation(1, random -> plan, folder.resolve("rolling"), false);
    simulation.observe(s -> samples.add(sample(s)));
    Simulation.Result result = simulation.run();
    System.out.println(result);
    samples.forEach(System.out::println);
    assertTrue(result.filesBegun() >= rolls, () -> "rolled " + result.filesBegun() + " times");
    samples.forEach(
        s -> assertEquals(plan.volumeBytes() / plan.cycleBytes(), s.volumeFiles, s::toString));
    assertNoGrowth(Sample::openFiles, 0);
    assertNoGrowth(Sample::threads, 0);
    assertNoGrowth(Sample::simulatedThreads, 0);
    assertNoGrowth(Sample::heapBytes, HEAP_GROWTH_BYTES_MAX);
    assertNoGrowth(Sample::directBytes, DIRECT_GROWTH_BYTES_MAX);
    assertNoGrowth(Sample::mappedBytes, 0);
    assertEquals(List.of(), openFiles());
  }

  /** At no time of the second half there is more than there was in the first. */
  private void assertNoGrowth(ToLongFunction<Sample> of, long tolerance) {
    int half = samples.size() / 2;
    long before = samples.subList(0, half).stream().mapToLong(of).max().orElseThrow();
    for (Sample sample : samples.subList(half, samples.size())) {
      assertTrue(of.applyAsLong(sample) <= before + tolerance, () -> sample + ": was " + before);
    }
  }

  private Sample sample(Simulation simulation) throws IOException {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    List<String> open = openFiles();
    assertTrue(open.stream().noneMatch(file -> file.endsWith("(deleted)")), open::toString);
    return new Sample(
        simulation.nanos(),
        simulation.filesBegun(),
        open.size(),
        volumeFiles(simulation.volume()),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        simulation.threads(),
        runtime.totalMemory() - runtime.freeMemory() - simulation.storedBytes(),
        pool("direct"),
        pool("mapped"));
  }

  private static long pool(String name) {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals(name))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  /** Those of this process that lie in the test's folder. */
  private List<String> openFiles() throws IOException {
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS)) {
          String file = Files.readSymbolicLink(descriptor).toString();
          if (file.startsWith(folder.toString())) {
            open.add(file);
          }
        }
      }
    }
    return open;
  }

  private static long volumeFiles(Path volume) throws IOException {
    try (Stream<Path> files = Files.walk(volume)) {
      return files
          .map(Path::toString)
          .filter(file -> file.endsWith(".free") || file.endsWith(".cq4"))
          .count();
    }
  }
}
