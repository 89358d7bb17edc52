package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.blobsink.ChainOwner;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.logstore.DomainLog;
import io.drva.logstore.ForceListener;
import io.drva.logstore.LogVolume;
import io.drva.logstore.RecordType;
import io.drva.logstore.VolumeOptions;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.drva.recovery.RecoveryProgress;
import io.drva.recovery.Verifier;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The appliance over real TCP and HTTP, with the directory store. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ApplianceTest extends ApplianceFixture {
  @Test
  void assignsAndListsDomainsOverHttp() throws Exception {
    try (Appliance appliance = start()) {
      assertEquals("[]", http(appliance, "GET", "/v1/domains").body());
      assertEquals(404, http(appliance, "GET", "/v1/domains/finance").status());
      assertEquals(200, http(appliance, "PUT", "/v1/domains/finance").status());
      assertEquals(200, http(appliance, "PUT", "/v1/domains/finance").status(), "again");
      Answer refused = http(appliance, "PUT", "/v1/domains/Finance!");
      assertEquals(400, refused.status());
      assertTrue(
          refused.json().get("error").asText().contains("'Finance!' is not a domain name"),
          refused.body());
      JsonNode domain = http(appliance, "GET", "/v1/domains").json().get(0);
      assertEquals("finance", domain.get("name").asText());
      assertEquals("ACTIVE", domain.get("state").asText());
      assertEquals(200, http(appliance, "GET", "/health").status());
      assertEquals(404, http(appliance, "POST", "/v1/domains/finance").status());
      assertEquals(404, http(appliance, "GET", "/").status());
    }
  }

  @Test
  void servesMetrics() throws Exception {
    try (Appliance appliance = start("finance");
        HostClient client = connect(appliance, "host1", "finance")) {
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(4096)), PATIENCE));
      String metrics = http(appliance, "GET", "/metrics").body();
      for (String expected :
          List.of(
              "drva_ingest_bytes_total{domain=\"finance\"} 4096.0",
              "drva_ingest_writes_total{domain=\"finance\"} 1.0",
              "drva_replicated_rpo_seconds{domain=\"finance\"} 0.0",
              "drva_ack_latency_seconds_count{domain=\"finance\"} 1",
              "drva_log_used_bytes{domain=\"finance\"} " + (double) CYCLE_BYTES,
              "drva_log_budget_bytes " + 16.0 * CYCLE_BYTES,
              "drva_store_put_seconds_count{domain=\"finance\"}",
              "drva_log_force_seconds_count{domain=\"finance\"}",
              "drva_sessions{domain=\"finance\"} 1.0")) {
        assertTrue(metrics.contains(expected), () -> expected + " is not in\n" + metrics);
      }
    }
  }

  @Test
  void rpoGrowsWhileAHostIsAwayThatDidNotClose() throws Exception {
    try (Appliance appliance = start("finance")) {
      HostClient client = connect(appliance, "host1", "finance");
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      assertEquals(0, appliance.replicatedRpoMicros("finance"));
      client.abort();
      await(() -> appliance.replicatedRpoMicros("finance") > 0);
      long before = appliance.replicatedRpoMicros("finance");
      await(() -> appliance.replicatedRpoMicros("finance") > before);
      try (HostClient back = connect(appliance, "host1", "finance")) {
        DiskStream again = back.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(back.awaitReplicated(again.write(0, data(512)), PATIENCE));
        assertEquals(0, appliance.replicatedRpoMicros("finance"));
      }
      await(
          () ->
              http(appliance, "GET", "/v1/domains/finance").json().get("connectedHosts").isEmpty());
      // It closed in order, which is a record too: 0 once that is replicated, and no growth after
      // it.
      await(() -> appliance.replicatedRpoMicros("finance") == 0);
    }
  }

  @Test
  void refusesAnUnknownDomain() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance")) {
      HostClient client = connect(appliance, "host1", "payroll", told);
      String reason = told.poll(30, TimeUnit.SECONDS);
      assertTrue(
          reason.contains("not assigned to this appliance")
              && reason.contains("PUT /v1/domains/payroll"),
          reason);
      client.abort();
    }
  }

  @Test
  void aDiskIsOpenInOneSessionAtATime() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance")) {
      HostClient first = connect(appliance, "host1", "finance");
      DiskStream disk = first.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(first.awaitLogged(disk.write(0, data(512)), PATIENCE));
      long lastLsn = http(appliance, "GET", "/v1/domains/finance").json().get("lastLsn").asLong();

      HostClient second = connect(appliance, "host2", "finance", told);
      DiskStream same = second.open("vm1", "disk0", DISK_BYTES, 512);
      long seq = same.write(0, data(512));
      String reason = told.poll(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("is open in the session of host 'host1'"), reason);

      assertTrue(
          first.awaitLogged(disk.write(512, data(512)), PATIENCE), "the first session goes on");
      JsonNode status = http(appliance, "GET", "/v1/domains/finance").json();
      // Attaching host2 is a record; its write is none.
      assertTrue(status.get("lastLsn").asLong() <= lastLsn + 2, status.toString());

      first.close();
      assertTrue(second.awaitLogged(seq, PATIENCE), "the disk moved to the other host");
      second.close();
    }
  }

  @Test
  void aDiskKeepsItsSectorSizeAndDoesNotShrink() throws Exception {
    try (Appliance appliance = start("finance")) {
      try (HostClient client = connect(appliance, "host1", "finance")) {
        assertTrue(
            client.awaitLogged(
                client.open("vm1", "disk0", DISK_BYTES, 512).write(0, data(512)), PATIENCE));
      }
      for (var geometry : Map.of(DISK_BYTES, 4096, DISK_BYTES - 512, 512).entrySet()) {
        LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
        HostClient client = connect(appliance, "host1", "finance", told);
        client.open("vm1", "disk0", geometry.getKey(), geometry.getValue());
        String reason = told.poll(30, TimeUnit.SECONDS);
        assertTrue(reason.contains("DISK_MISMATCH"), reason);
        client.abort();
      }
      try (HostClient client = connect(appliance, "host1", "finance")) {
        DiskStream grown = client.open("vm1", "disk0", 2 * DISK_BYTES, 512);
        assertTrue(
            client.awaitReplicated(grown.write(DISK_BYTES, data(512)), PATIENCE),
            "a larger capacity grows it");
      }
    }
  }

  @Test
  void aNewConnectionOfAHostSupersedesTheOld() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance")) {
      HostClient old = connect(appliance, "host1", "finance", told);
      assertTrue(
          old.awaitLogged(old.open("vm1", "disk0", DISK_BYTES, 512).write(0, data(512)), PATIENCE));
      try (HostClient fresh = connect(appliance, "host1", "finance")) {
        DiskStream disk = fresh.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(fresh.awaitReplicated(disk.write(0, data(512)), PATIENCE));
        String reason = told.poll(30, TimeUnit.SECONDS);
        assertTrue(reason.contains("SUPERSEDED"), reason);
        assertTrue(fresh.awaitReplicated(disk.write(512, data(512)), PATIENCE));
      }
      old.abort();
    }
  }

  @Test
  void aConnectionThatWasOpenedEarlierDoesNotSupersedeALaterOne() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    LinkedBlockingQueue<String> earlierTold = new LinkedBlockingQueue<>();
    LongSupplier before = () -> Platform.SYSTEM.wallMicros().getAsLong() - 1_000_000;
    try (Appliance appliance = start("finance");
        HostClient client = connect(appliance, "host1", "finance", told)) {
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitLogged(disk.write(0, data(512)), PATIENCE));
      HostClient earlier =
          HostClient.connect(
              options(appliance, "host1", "finance", earlierTold).wallClockMicros(before).build());
      String reason = earlierTold.poll(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("has opened a connection later"), reason);
      earlier.abort();
      assertTrue(client.awaitReplicated(disk.write(512, data(512)), PATIENCE));
      assertEquals(0, told.size(), told::toString);
    }
  }

  @Test
  void garbageEndsItsOwnSessionOnly() throws Exception {
    try (Appliance appliance = start("finance");
        HostClient client = connect(appliance, "host1", "finance")) {
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitLogged(disk.write(0, data(512)), PATIENCE));
      long lastLsn = http(appliance, "GET", "/v1/domains/finance").json().get("lastLsn").asLong();
      try (Socket socket =
          new Socket(appliance.address().getAddress(), appliance.address().getPort())) {
        socket
            .getOutputStream()
            .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        byte[] answer = socket.getInputStream().readAllBytes();
        assertTrue(
            new String(answer, StandardCharsets.ISO_8859_1).startsWith("DRV1"),
            "an ERROR frame, then the end");
      }
      assertEquals(
          lastLsn, http(appliance, "GET", "/v1/domains/finance").json().get("lastLsn").asLong());
      assertTrue(client.awaitReplicated(disk.write(512, data(512)), PATIENCE));
    }
  }

  @Test
  void aFullLogHoldsHostsBackUntilTheStoreReturns() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance");
        HostClient client = connect(appliance, "host1", "finance", told)) {
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      stopStore();
      CompletableFuture<Long> writing =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  long seq = 0;
                  for (int i = 0; i < 160; i++) {
                    seq = disk.write(i % 32 << 20, data(1 << 20));
                  }
                  return seq;
                } catch (IOException | InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      await(
          () ->
              http(appliance, "GET", "/v1/domains/finance")
                  .json()
                  .get("pressure")
                  .asText()
                  .equals("BITMAP"));
      JsonNode status = http(appliance, "GET", "/v1/domains/finance").json();
      assertTrue(status.get("logBytes").asLong() <= 16L * CYCLE_BYTES, status.toString());
      assertTrue(status.get("storeTrouble").asText().contains("chain/"), status.toString());
      assertEquals(503, http(appliance, "GET", "/health").status());
      assertFalse(writing.isDone());
      long rpo = appliance.replicatedRpoMicros("finance");
      await(() -> appliance.replicatedRpoMicros("finance") > rpo);

      startStore();
      assertTrue(client.awaitReplicated(writing.get(1, TimeUnit.MINUTES), Duration.ofMinutes(1)));
      status = http(appliance, "GET", "/v1/domains/finance").json();
      assertFalse(status.get("pressure").asText().equals("BITMAP"));
      await(() -> http(appliance, "GET", "/health").status() == 200);
      assertNull(told.poll(), "the session stood all the time");
    }
  }

  @Test
  void refusesAVolumeThatDoesNotFitTheContainer() throws Exception {
    try (Appliance appliance = start("finance");
        HostClient client = connect(appliance, "host1", "finance")) {
      assertTrue(
          client.awaitReplicated(
              client.open("vm1", "disk0", DISK_BYTES, 512).write(0, data(512)), PATIENCE));
    }
    Files.move(folder.resolve("volume"), folder.resolve("old-volume"));
    try (Appliance appliance = start("finance", "payroll")) {
      JsonNode refused = http(appliance, "GET", "/v1/domains/finance").json();
      assertEquals("FAILED", refused.get("state").asText());
      String reason = "this log store volume has no log of it";
      assertTrue(refused.get("reason").asText().contains(reason), refused.toString());
      Answer health = http(appliance, "GET", "/health");
      assertEquals(503, health.status());
      assertTrue(health.body().contains(reason), health.body());
      // The others do not mind.
      try (HostClient client = connect(appliance, "host1", "payroll")) {
        assertTrue(
            client.awaitReplicated(
                client.open("vm1", "disk0", DISK_BYTES, 512).write(0, data(512)), PATIENCE));
      }
      // It can be tried again, first in vain. The chain's owner is not disturbed by that.
      long objects = numberAfter(chain());
      Answer again = http(appliance, "PUT", "/v1/domains/finance");
      assertEquals(409, again.status());
      assertTrue(again.body().contains(reason), again.body());
      assertEquals(objects, numberAfter(chain()), "no fence");
      Files.move(folder.resolve("store/finance"), folder.resolve("old-finance"));
      assertEquals(200, http(appliance, "PUT", "/v1/domains/finance").status());
      assertEquals(
          200, http(appliance, "GET", "/health").status(), "a new container with a new log");
      try (HostClient client = connect(appliance, "host1", "finance")) {
        assertTrue(
            client.awaitReplicated(
                client.open("vm1", "disk0", DISK_BYTES, 512).write(0, data(512)), PATIENCE));
      }
      String metrics = http(appliance, "GET", "/metrics").body();
      assertTrue(
          metrics.contains("drva_domain_active{domain=\"finance\"} 1.0"), "metrics of the new one");
    }
  }

  @Test
  void refusesAChainOfAnotherHistory() throws Exception {
    for (String history : List.of("first", "second")) {
      try (Appliance appliance = start("finance");
          HostClient client = connect(appliance, "host1", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(writes(disk, 20), PATIENCE));
      }
      if (history.equals("first")) {
        Files.move(folder.resolve("volume"), folder.resolve("first-volume"));
        Files.move(folder.resolve("store"), folder.resolve("first-store"));
      }
    }
    // The LSNs fit to the last one; but what they stand for was written by other hosts.
    Files.move(folder.resolve("store"), folder.resolve("second-store"));
    Files.move(folder.resolve("first-store"), folder.resolve("store"));
    long objects = numberAfter(chain());
    try (Appliance appliance = start("finance")) {
      JsonNode refused = http(appliance, "GET", "/v1/domains/finance").json();
      assertEquals("FAILED", refused.get("state").asText());
      assertTrue(refused.get("reason").asText().contains("holds the chain"), refused.toString());
    }
    assertEquals(objects, numberAfter(chain()), "no fence");
  }

  @Test
  void refusesAChainThatACopyOfTheVolumeHasGoneOnWith() throws Exception {
    Path volume = folder.resolve("volume");
    for (int term = 1; term <= 2; term++) {
      try (Appliance appliance = start("finance");
          HostClient client = connect(appliance, "host1", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(writes(disk, 20), PATIENCE));
      }
      if (term == 1) {
        copy(volume, folder.resolve("copy"));
      }
    }
    Files.move(volume, folder.resolve("original"));
    Files.move(folder.resolve("copy"), volume);
    long objects = numberAfter(chain());
    try (Appliance appliance = start("finance")) {
      String refused = http(appliance, "GET", "/v1/domains/finance").body();
      assertTrue(refused.contains("a copy of this volume, has taken the domain over"), refused);
    }
    assertEquals(objects, numberAfter(chain()), "no fence");
  }

  @Test
  void aContainerThatIsGoneIsNotMadeAnew() throws Exception {
    try (Appliance appliance = start("finance")) {
      assertEquals(200, http(appliance, "GET", "/health").status());
    }
    Files.move(folder.resolve("store"), folder.resolve("elsewhere"));
    try (Appliance appliance = start("finance")) {
      String refused = http(appliance, "GET", "/v1/domains/finance").body();
      assertTrue(refused.contains("holds no domain: check 'store'"), refused);
      assertTrue(Files.notExists(folder.resolve("store")));
      Files.move(folder.resolve("elsewhere"), folder.resolve("store"));
      assertEquals(200, http(appliance, "PUT", "/v1/domains/finance").status());
    }
  }

  /** The log of a process that was cut off after the store had everything, and before it knew. */
  @Test
  void aFullLogThatIsReplicatedAlreadyHasSpaceAfterARestart() throws Exception {
    ApplianceConfig small = config("dir:" + folder.resolve("store"), 4, "finance");
    Path volume = folder.resolve("volume");
    fill(volume);
    copy(volume, folder.resolve("cut"));
    try (Appliance appliance = Appliance.start(small, Map.of(), Platform.SYSTEM)) {
      await(() -> appliance.replicatedLsn("finance") == appliance.lastLsn("finance"));
    }
    Files.move(volume, folder.resolve("drained"));
    Files.move(folder.resolve("cut"), volume);
    try (Appliance appliance = Appliance.start(small, Map.of(), Platform.SYSTEM);
        HostClient client = connect(appliance, "host2", "finance")) {
      assertEquals(appliance.lastLsn("finance"), appliance.replicatedLsn("finance"));
      DiskStream disk = client.open("vm2", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
    }
  }

  private static void fill(Path folder) throws IOException {
    ForceListener silent =
        new ForceListener() {
          @Override
          public void forced(long lsn, long forceNanos) {}

          @Override
          public void failed(Throwable cause) {
            throw new IllegalStateException(cause);
          }
        };
    try (LogVolume volume = LogVolume.open(folder, VolumeOptions.defaults());
        DomainLog log = volume.openDomain("finance", silent)) {
      log.attachHost(1, "host1", new byte[16], 1);
      log.openDisk(1, 1, "vm1", "disk0", DISK_BYTES, 512, 1);
      ByteBuffer data = ByteBuffer.allocate(512 << 10);
      CRC32C crc = new CRC32C();
      crc.update(data.duplicate());
      for (long seq = 1; log.hasSpace(data.remaining()); seq++) {
        log.append(
            RecordType.WRITE, 0, 1, seq, 1, 0, data.remaining(), 1, (int) crc.getValue(), data);
      }
    }
  }

  @Test
  void aDomainThatFailsWhileItsLogIsFullStops() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance", "payroll")) {
      HostClient client = connect(appliance, "host1", "finance", told);
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      stopStore();
      Thread writing = Thread.ofVirtual().start(() -> writeUntilStopped(disk));
      await(
          () ->
              http(appliance, "GET", "/v1/domains/finance")
                  .json()
                  .get("pressure")
                  .asText()
                  .equals("BITMAP"));

      // A domain without a store takes neither space nor attention from the others.
      try (HostClient other = connect(appliance, "host1", "payroll")) {
        DiskStream payroll = other.open("vm1", "disk0", DISK_BYTES, 512);
        long seq = 0;
        for (int i = 0; i < 32; i++) {
          seq = payroll.write(i % 32 << 20, data(1 << 20));
        }
        assertTrue(other.awaitReplicated(seq, PATIENCE));
      }

      // Another owner takes the chain: shipping fails for good, and the writer that waits for space
      // must not wait for ever.
      startStore();
      try (ObjectStore store = ObjectStores.open("dir:" + folder.resolve("store"), Map.of())) {
        ChainOwner.take(store.container("finance"), "finance", Platform.SYSTEM.wallMicros());
      }
      await(
          () ->
              "FAILED"
                  .equals(
                      http(appliance, "GET", "/v1/domains/finance").json().get("state").asText()));
      String reason = told.poll(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("fenced"), reason);
      client.abort();
      writing.join();
      // Taken up again, it is owner anew and ships what is logged.
      assertEquals(200, http(appliance, "PUT", "/v1/domains/finance").status());
      await(() -> appliance.replicatedLsn("finance") == appliance.lastLsn("finance"));
    }
  }

  @Test
  void nothingCountsAsReplicatedThatAnEarlierUseOfAnIncarnationReplicated() throws Exception {
    UUID first = UUID.randomUUID();
    try (Appliance appliance = start("finance")) {
      HostClient before = connectAs(appliance, "host1", first);
      DiskStream disk = before.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(before.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      // From here on the store takes nothing. A segment with the incarnation's writes is sealed.
      stopStore();
      assertTrue(before.awaitLogged(writes(disk, 50), PATIENCE));
      await(
          () -> !http(appliance, "GET", "/v1/domains/finance").json().get("storeTrouble").isNull());
      before.abort();
      // The host has another incarnation, and then goes back to the one that it had left.
      HostClient between = connectAs(appliance, "host1", UUID.randomUUID());
      disk = between.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(between.awaitLogged(disk.write(0, data(512)), PATIENCE));
      between.abort();
      HostClient client = connectAs(appliance, "host1", first);
      disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitLogged(writes(disk, 20), PATIENCE));
      // The store takes the first segment, and not the one behind it.
      Path behind = aside().resolve(String.format("%016d", numberAfter(aside()) + 1));
      Files.createDirectory(behind);
      startStore();
      long replicatedLsn = appliance.replicatedLsn("finance");
      await(() -> appliance.replicatedLsn("finance") > replicatedLsn);
      long seq = 0;
      for (int i = 0; i < 20; i++) {
        seq = disk.write(0, data(512));
        assertTrue(client.awaitLogged(seq, PATIENCE), "and what else there is to tell");
      }
      assertEquals(0, client.replicatedSeq());
      Files.delete(chain().resolve(behind.getFileName()));
      assertTrue(client.awaitReplicated(seq, PATIENCE));
      assertEquals(seq, client.replicatedSeq());
      client.close();
    }
    try (ObjectStore store = ObjectStores.open("dir:" + folder.resolve("store"), Map.of())) {
      assertEquals(
          List.of(),
          Verifier.run(store.container("finance"), RecoveryProgress.NONE).problems(),
          "what is acknowledged, a reader takes");
    }
  }

  private static long writes(DiskStream disk, int count) throws Exception {
    long seq = 0;
    for (int i = 0; i < count; i++) {
      seq = disk.write(i * 512L, data(512));
    }
    return seq;
  }

  /** The chain's first number that is not there. */
  private static long numberAfter(Path chain) throws IOException {
    try (Stream<Path> objects = Files.list(chain)) {
      return 1
          + objects
              .map(object -> object.getFileName().toString())
              .filter(name -> !name.startsWith("."))
              .mapToLong(Long::parseLong)
              .max()
              .orElseThrow();
    }
  }

  private static HostClient connectAs(Appliance appliance, String host, UUID incarnation) {
    return HostClient.connect(
        ClientOptions.builder(appliance.address(), host, "finance")
            .incarnation(incarnation)
            .closeTimeoutMs(1000)
            .build());
  }

  @Test
  void waitsForAStoreThatDoesNotAnswer() throws Exception {
    Map<String, String> environment =
        Map.of(
            "AZURE_STORAGE_ACCOUNT",
            "account",
            "AZURE_STORAGE_KEY",
            "c2VjcmV0LWtleS1vZi10aGUtdGVzdA==");
    ApplianceConfig config = config("azure:http://127.0.0.1:1/account", 16, "finance");
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = Appliance.start(config, environment, Platform.SYSTEM)) {
      Answer health = http(appliance, "GET", "/health");
      assertEquals(503, health.status());
      assertTrue(health.body().contains("WAITING_FOR_STORE"), health.body());
      assertFalse(health.body().contains("c2VjcmV0"), health.body());
      HostClient client = connect(appliance, "host1", "finance", told);
      String reason = told.poll(30, TimeUnit.SECONDS);
      assertTrue(reason.contains("takes no sessions now: WAITING_FOR_STORE"), reason);
      client.abort();
    }
  }
}
