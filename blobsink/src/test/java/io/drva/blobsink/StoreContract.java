package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every object store must do. */
abstract class StoreContract {
  private static int domains;

  abstract ObjectStore store();

  private static synchronized String freshDomain() {
    return "contract-" + domains++;
  }

  private Container container() throws StoreException {
    Container container = store().container(freshDomain());
    container.createIfAbsent();
    return container;
  }

  private static ByteBuffer bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return ByteBuffer.allocateDirect(length).put(bytes).flip();
  }

  @Test
  void keepsWhatItIsGivenWhateverTheLength() throws IOException {
    Container container = container();
    for (int length :
        new int[] {0, 1, 511, 4096, 4097, 65_536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 9 << 20}) {
      String name = "chain/" + length;
      ByteBuffer content = bytes(length, length);
      int third = length / 3;
      ObjectContent parts =
          ObjectContent.of(
              content.slice(0, third),
              content.slice(third, 0),
              content.slice(third, length - third));
      assertEquals(length, parts.lengthBytes());
      assertEquals(PutResult.CREATED, container.put(name, parts));
      assertEquals(content, container.readAll(name, length));
      assertEquals(length, container.stat(name).orElseThrow().sizeBytes());
    }
  }

  @Test
  void readsRanges() throws IOException {
    Container container = container();
    long seed = Seeds.next("readsRanges");
    SplittableRandom random = new SplittableRandom(seed);
    int length = 3_000_001;
    ByteBuffer content = bytes(seed, length);
    container.put("chain/x", ObjectContent.of(content));
    for (int i = 0; i < 50; i++) {
      int offset = random.nextInt(length + 5000);
      int wanted = random.nextInt(random.nextBoolean() ? 5000 : 2_000_000);
      ByteBuffer into =
          random.nextBoolean()
              ? ByteBuffer.allocate(wanted + 7)
              : ByteBuffer.allocateDirect(wanted + 7);
      into.position(7);
      int expected = Math.clamp(length - offset, 0, wanted);
      assertEquals(expected, container.read("chain/x", offset, into), () -> offset + "+" + wanted);
      assertEquals(7 + expected, into.position());
      assertEquals(content.slice(Math.min(offset, length), expected), into.slice(7, expected));
    }
    CorruptObjectException shorter =
        assertThrows(
            CorruptObjectException.class,
            () -> container.readFully("chain/x", length - 10, ByteBuffer.allocate(11)));
    assertEquals(length, shorter.position());
    assertThrows(CorruptObjectException.class, () -> container.readAll("chain/x", length - 1));
  }

  @Test
  void createsOnlyWhatIsAbsent() throws IOException {
    Container container = container();
    ByteBuffer first = bytes(1, 5000);
    assertEquals(PutResult.CREATED, container.put("chain/a", ObjectContent.of(first)));
    assertEquals(PutResult.EXISTS, container.put("chain/a", ObjectContent.of(bytes(2, 5000))));
    assertEquals(PutResult.EXISTS, container.put("chain/a", ObjectContent.of(first)));
    assertEquals(first, container.readAll("chain/a", 5000));
  }

  @Test
  void exactlyOneOfManyCreatorsWins() throws Exception {
    Container container = container();
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 5; round++) {
        String name = "chain/" + round;
        List<Callable<PutResult>> creators = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          long seed = i;
          creators.add(() -> container.put(name, ObjectContent.of(bytes(seed, 100_000))));
        }
        int winner = -1;
        List<Future<PutResult>> results = pool.invokeAll(creators);
        for (int i = 0; i < 8; i++) {
          if (results.get(i).get() == PutResult.CREATED) {
            assertEquals(-1, winner);
            winner = i;
          }
        }
        assertEquals(bytes(winner, 100_000), container.readAll(name, 100_000));
      }
    }
  }

  @Test
  void listsInNameOrder() throws IOException {
    Container container = container();
    for (String name : List.of("chain/0003", "domain", "chain/0001", "chain/0002", "other")) {
      container.put(name, ObjectContent.of(bytes(1, name.length())));
    }
    List<ObjectInfo> all = new ArrayList<>();
    container.list("", all::add);
    assertEquals(
        List.of("chain/0001", "chain/0002", "chain/0003", "domain", "other"),
        all.stream().map(ObjectInfo::name).toList());
    all.forEach(info -> assertEquals(info.name().length(), info.sizeBytes()));
    List<String> chain = new ArrayList<>();
    container.list(
        "chain/",
        info -> {
          chain.add(info.name());
          return chain.size() < 2;
        });
    assertEquals(List.of("chain/0001", "chain/0002"), chain);
  }

  @Test
  void tellsWhatIsMissing() throws IOException {
    Container container = container();
    assertTrue(container.stat("chain/none").isEmpty());
    StoreException noObject =
        assertThrows(
            StoreException.class, () -> container.read("chain/none", 3, ByteBuffer.allocate(10)));
    assertEquals(StoreException.Reason.NOT_FOUND, noObject.reason());
    assertEquals("read", noObject.operation());
    assertEquals("chain/none", noObject.object().orElseThrow());
    assertEquals(3, noObject.position());
    Container absent = store().container(freshDomain());
    StoreException noContainer =
        assertThrows(
            StoreException.class, () -> absent.put("domain", ObjectContent.of(bytes(1, 10))));
    assertEquals(StoreException.Reason.NOT_FOUND, noContainer.reason());
    assertTrue(
        noContainer.getMessage().contains("container does not exist"), noContainer.getMessage());
    assertTrue(absent.stat("domain").isEmpty());
    StoreException nothingToList =
        assertThrows(StoreException.class, () -> absent.list("", info -> true));
    assertEquals(StoreException.Reason.NOT_FOUND, nothingToList.reason());
    assertTrue(
        nothingToList.getMessage().contains("container does not exist"),
        nothingToList.getMessage());
  }

  @Test
  void findsDomains() throws IOException {
    String domain = freshDomain();
    Container container = store().container(domain);
    container.createIfAbsent();
    container.createIfAbsent();
    assertFalse(store().domains().contains(domain));
    container.put("domain", ObjectContent.of(bytes(1, 512)));
    assertTrue(store().domains().contains(domain));
  }

  @Test
  void refusesNamesThatAreNotNames() {
    for (String domain :
        List.of("ab", "Abc", "a--b", "-abc", "abc-", "a/b", "..", "a".repeat(64))) {
      assertThrows(IllegalArgumentException.class, () -> store().container(domain), domain);
    }
    Container container = store().container("names");
    for (String object : List.of("", "/a", "a/", "../a", "a/../b", ".a", "a//b", "a b")) {
      assertThrows(IllegalArgumentException.class, () -> container.stat(object), object);
    }
  }

  @Test
  void shipsAndVerifiesAChain() throws Exception {
    long seed = Seeds.next("shipsAndVerifiesAChain");
    List<TestRecord> records = new TestWorkload(seed, 4, 4000, 200_000).run(200).records();
    Container container = store().container(freshDomain());
    ShipperConfig config = TestChains.config(seed).withSegment(1 << 20, 1000, 50);
    assertEquals(100, TestChains.ship(container, records.subList(0, 100), config).lastLsn());
    assertEquals(records.size(), TestChains.ship(container, records, config).lastLsn());
    List<ObjectInfo> objects = new ArrayList<>();
    container.list("chain/", objects::add);
    for (ObjectInfo info : objects) {
      CheckedObject.read(container, info);
    }
  }

  /** Opens another view of a store by address, as a process would. */
  static ObjectStore open(String uri, Map<String, String> environment) {
    try {
      return ObjectStores.open(uri, environment);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
