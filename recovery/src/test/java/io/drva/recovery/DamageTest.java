package io.drva.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drva.blobsink.ChainGapException;
import io.drva.blobsink.CorruptObjectException;
import io.drva.blobsink.MemoryContainer;
import io.drva.blobsink.ObjectNames;
import io.drva.blobsink.TestChains;
import io.drva.blobsink.TestRecord;
import io.drva.blobsink.TestWorkload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariant 9: whatever is damaged is found, named, and never silently used. */
final class DamageTest {
  /** The fences have numbers 1 and 21, the segments 18 to 20 and from 38 on. */
  private static final int RECORDS = 60;

  private static List<TestRecord> records;
  private static MemoryContainer sound;

  @TempDir Path folder;

  @BeforeAll
  static void ship() throws Exception {
    records = new TestWorkload(11, 2, 20, 512).run(RECORDS).records().subList(0, RECORDS);
    sound = new MemoryContainer("domain-a");
    TestChains.ship(
        sound, records.subList(0, 30), TestChains.config(1).withSegment(1 << 20, 10, 50));
    TestChains.ship(sound, records, TestChains.config(1).withSegment(1 << 20, 10, 50));
    assertEquals(List.of(), Verifier.run(sound, RecoveryProgress.NONE).problems());
  }

  private static List<Problem> verify(MemoryContainer container) throws IOException {
    return Verifier.run(container, RecoveryProgress.NONE).problems();
  }

  /** Either the right images, or an error that names an object and no image at all. */
  private void assertRightOrRefused(MemoryContainer container, Path out) throws IOException {
    try {
      RecoveryPlan plan =
          RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
      Recovery.run(plan, out, RecoveryProgress.NONE);
    } catch (CorruptObjectException e) {
      assertTrue(e.getMessage().contains(e.object()), e.getMessage());
      assertEquals(List.of(), Images.names(out));
      return;
    }
    Images.assertEqualsModel(records, RECORDS, out);
  }

  @Test
  void everyFlippedBitIsFound() throws IOException {
    MemoryContainer container = sound.copy();
    int round = 0;
    for (String name : sound.objects().keySet()) {
      byte[] bytes = container.objects().get(name);
      for (int i = 0; i < bytes.length; i++) {
        byte mask = (byte) (1 << (i % 8));
        bytes[i] ^= mask;
        List<Problem> problems = verify(container);
        int position = i;
        assertTrue(
            problems.stream().anyMatch(p -> p.object().equals(name)),
            () -> name + " at " + position + ": " + problems);
        if (i % 97 == 0) {
          assertRightOrRefused(container, folder.resolve("flip-" + round++));
        }
        bytes[i] ^= mask;
      }
    }
    assertEquals(List.of(), verify(container));
  }

  @Test
  void aDamagedDescriptorIsNamedAndDoesNotPreventRecovery() throws IOException {
    MemoryContainer container = sound.copy();
    container.objects().get("domain")[300] ^= 1;
    assertEquals(List.of("domain"), verify(container).stream().map(Problem::object).toList());
    RecoveryPlan plan = RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
    Recovery.run(plan, folder.resolve("images"), RecoveryProgress.NONE);
    Images.assertEqualsModel(records, RECORDS, folder.resolve("images"));
  }

  @Test
  void aMissingObjectIsNamedAlsoWhenTheNextOneIsDamaged() throws IOException {
    List<String> names =
        sound.objects().keySet().stream().filter(n -> n.startsWith("chain/")).toList();
    for (int i = 0; i + 1 < names.size(); i++) {
      MemoryContainer container = sound.copy();
      container.objects().remove(names.get(i));
      container.objects().get(names.get(i + 1))[20] ^= 1;
      List<String> named = verify(container).stream().map(Problem::object).toList();
      assertTrue(named.contains(names.get(i)), named + " lacks the missing " + names.get(i));
      assertTrue(named.contains(names.get(i + 1)), named + " lacks " + names.get(i + 1));
    }
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    MemoryContainer container = sound.copy();
    for (String name : sound.objects().keySet()) {
      byte[] bytes = sound.objects().get(name);
      for (int length = 0; length < bytes.length; length++) {
        container.objects().put(name, Arrays.copyOf(bytes, length));
        List<Problem> problems = verify(container);
        int cut = length;
        assertTrue(
            problems.stream().anyMatch(p -> p.object().equals(name)),
            () -> name + " cut to " + cut + ": " + problems);
      }
      container.objects().put(name, Arrays.copyOf(bytes, bytes.length + 1));
      assertFalse(verify(container).isEmpty(), name + " with a byte more");
      container.objects().put(name, bytes);
    }
  }

  @Test
  void everyMissingObjectIsNamed() throws IOException {
    List<String> names = new ArrayList<>(sound.objects().keySet());
    String newest = names.get(names.size() - 2);
    assertTrue(newest.startsWith(ObjectNames.CHAIN_PREFIX));
    for (String name : names) {
      MemoryContainer container = sound.copy();
      container.objects().remove(name);
      List<Problem> problems = verify(container);
      if (name.equals(newest)) {
        // Nothing in a container says that there was more; what is left is a chain that ends
        // earlier.
        assertEquals(List.of(), problems);
        continue;
      }
      assertEquals(List.of(name), problems.stream().map(Problem::object).toList());
      Path out = folder.resolve("missing-" + ObjectNames.number(name));
      if (name.equals(ObjectNames.DESCRIPTOR)) {
        RecoveryPlan plan =
            RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
        assertTrue(plan.warnings().contains("the container has no descriptor"));
        Recovery.run(plan, out, RecoveryProgress.NONE);
        Images.assertEqualsModel(records, RECORDS, out);
        continue;
      }
      ChainGapException gap =
          assertThrows(
              ChainGapException.class,
              () -> RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty()));
      assertEquals(name, gap.object());
      assertRecoversTo(container, gap.intactLsn(), out);
    }
  }

  private static void assertRecoversTo(MemoryContainer container, long lsn, Path out)
      throws IOException {
    if (lsn > 0) {
      RecoveryPlan plan =
          RecoveryPlan.make(container, new RecoveryTarget.AtLsn(lsn), Optional.empty());
      Recovery.run(plan, out, RecoveryProgress.NONE);
      Images.assertEqualsModel(records, lsn, out);
    }
  }

  /**
   * The hint of an error is true: the position that it names can be recovered in spite of the
   * damage.
   */
  @Test
  void damageSaysWhatIsStillIntact() throws IOException {
    for (String name : sound.objects().keySet()) {
      if (name.equals(ObjectNames.DESCRIPTOR)) {
        continue;
      }
      byte[] bytes = sound.objects().get(name);
      for (int i = 0; i < bytes.length; i += 53) {
        MemoryContainer container = sound.copy();
        container.objects().get(name)[i] ^= 4;
        Path out = folder.resolve("intact-" + ObjectNames.number(name) + "-" + i);
        try {
          RecoveryPlan plan =
              RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty());
          Recovery.run(plan, out, RecoveryProgress.NONE);
          Images.assertEqualsModel(records, RECORDS, out);
        } catch (CorruptObjectException e) {
          assertEquals(name, e.object());
          assertTrue(e.intactLsn() >= 0, e.getMessage());
          assertRecoversTo(container, e.intactLsn(), out);
        }
      }
    }
  }

  @Test
  void swappedObjectsAreFound() throws IOException {
    List<String> names = List.copyOf(sound.objects().keySet());
    for (String a : names) {
      for (String b : names) {
        if (a.compareTo(b) < 0) {
          MemoryContainer container = sound.copy();
          byte[] bytes = container.objects().get(a);
          container.objects().put(a, container.objects().get(b));
          container.objects().put(b, bytes);
          List<String> named = verify(container).stream().map(Problem::object).distinct().toList();
          assertTrue(
              named.containsAll(List.of(a, b)), () -> a + " and " + b + " swapped: " + named);
          assertRightOrRefused(container, folder.resolve("swap-" + a.hashCode() + b.hashCode()));
        }
      }
    }
  }

  /**
   * An object of another run of the same domain, sound in itself and under its own number, does not
   * fit into the chain.
   */
  @Test
  void anObjectOfAnotherChainIsFound() throws Exception {
    MemoryContainer twin = new MemoryContainer("domain-a");
    twin.objects().put(ObjectNames.DESCRIPTOR, sound.objects().get(ObjectNames.DESCRIPTOR).clone());
    List<TestRecord> others =
        new TestWorkload(12, 2, 20, 1024).run(RECORDS).records().subList(0, RECORDS);
    TestChains.ship(twin, others.subList(0, 30), TestChains.config(1).withSegment(1 << 20, 10, 50));
    String name = ObjectNames.chain(19);
    MemoryContainer container = sound.copy();
    container.objects().put(name, twin.objects().get(name));
    List<Problem> problems = verify(container);
    assertTrue(problems.stream().anyMatch(p -> p.object().equals(name)), problems::toString);
    assertThrows(
        CorruptObjectException.class,
        () -> RecoveryPlan.make(container, new RecoveryTarget.Latest(), Optional.empty()));
  }

  @Test
  void severalProblemsAreAllNamed() throws IOException {
    MemoryContainer container = sound.copy();
    container.objects().remove(ObjectNames.chain(19));
    container.objects().get(ObjectNames.chain(21))[30] ^= 1;
    byte[] bytes = container.objects().get(ObjectNames.chain(39));
    bytes[bytes.length - 70] ^= 1;
    assertEquals(
        List.of(ObjectNames.chain(19), ObjectNames.chain(21), ObjectNames.chain(39)),
        verify(container).stream().map(Problem::object).toList());
  }
}
