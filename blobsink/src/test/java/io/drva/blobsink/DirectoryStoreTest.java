package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class DirectoryStoreTest extends StoreContract {
  @TempDir Path folder;

  @Override
  ObjectStore store() {
    return open("dir:" + folder.resolve("store"), Map.of());
  }

  @Test
  void removesWhatAKilledWriterLeftAndDoesNotListIt() throws IOException {
    Container container = store().container("killed");
    container.createIfAbsent();
    container.put("chain/a", ObjectContent.of(ByteBuffer.allocate(10)));
    Path left = folder.resolve("store/killed/chain/.b.12345.tmp");
    Files.write(left, new byte[100]);
    List<ObjectInfo> listed = new ArrayList<>();
    container.list("", listed::add);
    assertEquals(List.of(new ObjectInfo("chain/a", 10)), listed);
    assertTrue(Files.exists(left));
    container.createIfAbsent();
    assertFalse(Files.exists(left));
    assertEquals(10, container.stat("chain/a").orElseThrow().sizeBytes());
  }

  @Test
  void leavesNothingBesideItsObjects() throws IOException {
    Container container = store().container("clean");
    container.createIfAbsent();
    for (int i = 0; i < 3; i++) {
      container.put("chain/a", ObjectContent.of(ByteBuffer.allocate(100_000)));
    }
    try (Stream<Path> files = Files.list(folder.resolve("store/clean/chain"))) {
      assertEquals(1, files.count());
    }
  }

  private DirectoryContainer container(DirectoryContainer.Forcer forcer) throws IOException {
    DirectoryContainer container =
        new DirectoryContainer(folder.resolve("forced"), "forced", new DirectFiles(folder), forcer);
    container.createIfAbsent();
    container.put("chain/first", ObjectContent.of(ByteBuffer.allocate(10)));
    return container;
  }

  /** The operating system tells a failure once: a force of the same folder right after succeeds. */
  @Test
  void aForceThatFailsVouchesForNoObjectThatWasUnderWay() throws Exception {
    CountDownLatch failing = new CountDownLatch(1);
    AtomicBoolean told = new AtomicBoolean(true);
    Path other = folder.resolve("forced/chain/b");
    DirectoryContainer container =
        container(
            directory -> {
              if (!told.getAndSet(true)) {
                failing.countDown();
                while (!Files.exists(other)) {
                  Thread.onSpinWait();
                }
                throw new IOException("injected failure");
              }
            });
    told.set(false);
    try (ExecutorService uploads = Executors.newCachedThreadPool()) {
      Future<PutResult> first = uploads.submit(() -> container.put("chain/a", content()));
      failing.await();
      Future<PutResult> second = uploads.submit(() -> container.put("chain/b", content()));
      for (Future<PutResult> put : List.of(first, second)) {
        assertInstanceOf(
            StoreException.class, assertThrows(ExecutionException.class, put::get).getCause());
      }
    }
    StoreException later =
        assertThrows(StoreException.class, () -> container.put("chain/c", content()));
    assertTrue(later.getMessage().contains("injected failure"), later.getMessage());
    assertTrue(container.stat("chain/c").isEmpty());
  }

  private static ObjectContent content() {
    return ObjectContent.of(ByteBuffer.allocate(10));
  }

  @Test
  void aFolderThatCannotBeOpenedForTheMomentStopsNothing() throws IOException {
    AtomicBoolean exhausted = new AtomicBoolean();
    DirectoryContainer container =
        container(
            directory -> {
              if (exhausted.get()) {
                throw new FileSystemException(directory.toString(), null, "Too many open files");
              }
            });
    exhausted.set(true);
    assertThrows(StoreException.class, () -> container.put("chain/a", content()));
    exhausted.set(false);
    assertEquals(PutResult.EXISTS, container.put("chain/a", content()));
    assertEquals(PutResult.CREATED, container.put("chain/b", content()));
  }

  @Test
  void isMadeWithItsFirstContainerAndNotByReading() throws IOException {
    Container container = store().container("first");
    assertTrue(container.stat("domain").isEmpty());
    assertThrows(StoreException.class, () -> container.list("", info -> true));
    assertThrows(StoreException.class, () -> store().domains());
    assertTrue(Files.notExists(folder.resolve("store")));
    container.createIfAbsent();
    container.put("domain", ObjectContent.of(ByteBuffer.allocate(10)));
    assertEquals(List.of("first"), store().domains());
  }

  @Test
  void refusesAPlaceWhereNoStoreCanBe() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    for (Path place : List.of(file, file.resolve("store"), folder.resolve("absent/store"))) {
      StoreException refused =
          assertThrows(
              StoreException.class,
              () -> ObjectStores.open("dir:" + place, Map.of()),
              place::toString);
      assertTrue(refused.getMessage().contains("dir:" + place), refused.getMessage());
    }
    assertTrue(Files.notExists(folder.resolve("absent")));
    Container inTheWay = ObjectStores.open("dir:" + folder, Map.of()).container("file");
    StoreException refused = assertThrows(StoreException.class, inTheWay::createIfAbsent);
    assertTrue(refused.getMessage().endsWith("not a folder: " + file), refused.getMessage());
  }

  @Test
  @Timeout(60)
  void memoryThatIsRefusedOnceIsAskedForAgain() throws IOException {
    DirectFiles files = new DirectFiles(folder, 1);
    List<ByteBuffer> all = new ArrayList<>();
    assertThrows(OutOfMemoryError.class, () -> takeAllDirectMemory(all));
    assertThrows(
        OutOfMemoryError.class, () -> files.write(folder.resolve("a"), content().buffers()));
    all.clear();
    files.write(folder.resolve("b"), content().buffers());
    assertEquals(10, Files.size(folder.resolve("b")));
  }

  private static void takeAllDirectMemory(List<ByteBuffer> into) {
    while (true) {
      into.add(ByteBuffer.allocateDirect(1 << 20));
    }
  }

  @Test
  void refusesAddressesThatAreNone() {
    for (String uri :
        List.of(
            "",
            "dir:",
            "/tmp/x",
            "azure:",
            "s3:bucket",
            "azure:ftp://x",
            "azure:https://h/?sig=secret")) {
      IllegalArgumentException refused =
          assertThrows(IllegalArgumentException.class, () -> ObjectStores.open(uri, Map.of()), uri);
      assertFalse(refused.getMessage().contains("secret"));
    }
  }
}
