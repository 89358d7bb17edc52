package io.drva.appliance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import io.drva.logstore.LogVolume;
import io.drva.logstore.VolumeCheck;
import io.drva.protocol.ClientOptions;
import io.drva.protocol.DiskStream;
import io.drva.protocol.HostClient;
import io.drva.protocol.Pressure;
import io.drva.protocol.SessionFailedException;
import io.drva.recovery.RecoveryProgress;
import io.drva.recovery.Verifier;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What an appliance does with its log store volume as a whole. */
class VolumeUseTest extends ApplianceFixture {

  private static final String FINANCE = "/v1/domains/finance";

  /** A host that keeps its incarnation, and what it is told. */
  private static HostClient connect(
      Appliance appliance, UUID incarnation, LinkedBlockingQueue<Object> told) {
    return HostClient.connect(
        ClientOptions.builder(appliance.address(), "host1", "finance")
            .incarnation(incarnation)
            .closeTimeoutMs(1000)
            .listener(
                new HostClient.Listener() {
                  @Override
                  public void pressure(Pressure level) {
                    told.add(level);
                  }

                  @Override
                  public void failed(SessionFailedException cause) {
                    told.add(cause.getMessage());
                  }
                })
            .build());
  }

  private static long used(Appliance appliance) throws IOException {
    return http(appliance, "GET", "/v1/volume").json().get("usedBytes").asLong();
  }

  @Test
  void aDomainThatIsUnassignedGivesItsPartOfTheVolumeBackAndCanComeBack() throws Exception {
    try (Appliance appliance = start("finance", "payroll")) {
      long payrollOnly = used(appliance) - 2L * CYCLE_BYTES;
      try (HostClient client = connect(appliance, "host1", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
        Answer refused = http(appliance, "DELETE", FINANCE);
        assertEquals(409, refused.status());
        assertTrue(refused.body().contains("hosts are connected: host1"), refused.body());
      }
      await(() -> http(appliance, "DELETE", FINANCE).status() == 200);
      assertEquals(payrollOnly, used(appliance));
      assertEquals(404, http(appliance, "GET", FINANCE).status());
      assertEquals(404, http(appliance, "DELETE", FINANCE).status());
      String metrics = http(appliance, "GET", "/metrics").body();
      assertFalse(metrics.contains("domain=\"finance\""), metrics);

      Answer known = http(appliance, "PUT", FINANCE);
      assertEquals(409, known.status());
      assertTrue(known.body().contains("/takeover"), known.body());
      assertEquals(200, http(appliance, "POST", FINANCE + "/takeover").status());
      assertEquals(409, http(appliance, "POST", FINANCE + "/takeover").status(), "it has it");
      try (HostClient client = connect(appliance, "host2", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(disk.write(512, data(512)), PATIENCE));
      }
    }
    requireSound();
  }

  @Test
  void aDomainIsNotUnassignedBeforeEverythingIsReplicated() throws Exception {
    try (Appliance appliance = start("finance")) {
      try (HostClient client = connect(appliance, "host1", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
        stopStore();
        assertTrue(client.awaitLogged(disk.write(512, data(512)), PATIENCE));
      }
      await(() -> http(appliance, "GET", FINANCE).json().get("connectedHosts").isEmpty());
      Answer refused = http(appliance, "DELETE", FINANCE);
      assertEquals(409, refused.status());
      assertTrue(refused.body().contains("the object store has LSN "), refused.body());
      startStore();
      await(() -> http(appliance, "DELETE", FINANCE).status() == 200);
    }
    requireSound();
  }

  @Test
  void theVolumeGrowsWhileItIsUsedAndPressureFalls() throws Exception {
    ApplianceConfig small = config("dir:" + folder.resolve("store"), 4, "finance");
    LinkedBlockingQueue<Object> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = Appliance.start(small, Map.of(), Platform.SYSTEM);
        HostClient client = connect(appliance, UUID.randomUUID(), told)) {
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      stopStore();
      Thread writing = Thread.ofVirtual().start(() -> writeUntilStopped(disk));
      assertEquals(Pressure.THROTTLE, told.poll(30, TimeUnit.SECONDS));
      assertEquals(Pressure.BITMAP, told.poll(30, TimeUnit.SECONDS));
      String metrics = http(appliance, "GET", "/metrics").body();
      assertTrue(metrics.contains("drva_pressure{domain=\"finance\"} 2.0"), metrics);
      assertTrue(
          http(appliance, "GET", "/health").body().contains("the log is full"), "health says so");

      assertEquals(400, put(appliance, "{\"sizeBytes\": 1}").status());
      assertEquals(400, put(appliance, "{}").status());
      assertEquals(400, put(appliance, "sizeBytes").status());
      writing.interrupt(); // Or it fills what is added as fast as it is.
      writing.join();
      long size = 40L * CYCLE_BYTES;
      assertEquals(202, put(appliance, "{\"sizeBytes\": " + size + "}").status());
      await(() -> http(appliance, "GET", "/v1/volume").json().get("growingToBytes").isNull());
      JsonNode volume = http(appliance, "GET", "/v1/volume").json();
      assertEquals(size, volume.get("sizeBytes").asLong(), volume.toString());
      assertTrue(volume.get("growthFailure").isNull(), volume.toString());
      assertEquals(Pressure.NORMAL, lastOf(told));
      startStore();
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
    }
    requireSound();
  }

  /** Waits for what ends in NORMAL. */
  private static Object lastOf(LinkedBlockingQueue<Object> told) throws InterruptedException {
    Object last = told.poll(30, TimeUnit.SECONDS);
    while (last != null && last != Pressure.NORMAL) {
      last = told.poll(30, TimeUnit.SECONDS);
    }
    return last;
  }

  @Test
  void aDomainThatWaitsForItsStoreHasItsShareOfTheVolume() throws Exception {
    Path away = Files.createDirectory(folder.resolve("store")).resolve("payroll");
    Files.createFile(away);
    ApplianceConfig small = config("dir:" + folder.resolve("store"), 4, "finance", "payroll");
    LinkedBlockingQueue<Object> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = Appliance.start(small, Map.of(), Platform.SYSTEM)) {
      assertEquals("WAITING_FOR_STORE", stateOf(appliance, "payroll"));
      HostClient client = connect(appliance, UUID.randomUUID(), told);
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      stopStore();
      Thread writing = Thread.ofVirtual().start(() -> writeUntilStopped(disk));
      assertEquals(Pressure.THROTTLE, told.poll(30, TimeUnit.SECONDS));
      assertEquals(Pressure.BITMAP, told.poll(30, TimeUnit.SECONDS));
      Files.delete(away);
      await(() -> !stateOf(appliance, "payroll").equals("WAITING_FOR_STORE"));
      assertEquals("ACTIVE", stateOf(appliance, "payroll"));
      writing.interrupt();
      writing.join();
      client.abort();
      startStore();
    }
  }

  @Test
  void aDomainForWhichThereIsNoRoomLeavesNothingAndCanBeUnassigned() throws Exception {
    ApplianceConfig small =
        config("dir:" + folder.resolve("store"), 4, "finance", "payroll", "sales");
    try (Appliance appliance = Appliance.start(small, Map.of(), Platform.SYSTEM)) {
      assertEquals("FAILED", stateOf(appliance, "sales"));
      assertEquals(503, http(appliance, "GET", "/health").status());
      assertEquals(200, http(appliance, "DELETE", "/v1/domains/sales").status());
      assertEquals(200, http(appliance, "GET", "/health").status());
      Answer refused = http(appliance, "PUT", "/v1/domains/sales");
      assertEquals(409, refused.status());
      assertTrue(refused.body().contains("no room for another domain"), refused.body());
      assertEquals(404, http(appliance, "GET", "/v1/domains/sales").status());
      assertTrue(Files.notExists(folder.resolve("store/sales")));
    }
  }

  private static String stateOf(Appliance appliance, String domain) throws IOException {
    return http(appliance, "GET", "/v1/domains/" + domain).json().get("state").asText();
  }

  @Test
  void aTakeoverForWhichThereIsNoRoomLeavesTheOwnerAlone() throws Exception {
    try (Appliance owner = start("finance")) {
      try (HostClient client = connect(owner, "host1", "finance")) {
        DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
        ApplianceConfig full =
            config(
                folder.resolve("other"), "dir:" + folder.resolve("store"), 4, "payroll", "sales");
        try (Appliance other = Appliance.start(full, Map.of(), Platform.SYSTEM)) {
          Answer refused = http(other, "POST", FINANCE + "/takeover");
          assertEquals(409, refused.status());
          assertTrue(refused.body().contains("no room for another domain"), refused.body());
        }
        assertTrue(client.awaitReplicated(disk.write(512, data(512)), PATIENCE));
      }
    }
  }

  @Test
  void aBrowserIsNotServed() throws Exception {
    try (Appliance appliance = start("finance");
        Socket socket =
            new Socket(InetAddress.getLoopbackAddress(), appliance.controlAddress().getPort())) {
      socket
          .getOutputStream()
          .write(
              "DELETE /v1/domains/finance HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
      assertEquals(200, http(appliance, "GET", FINANCE).status());
    }
  }

  /** What the operator does who finds a log damaged of which not everything was replicated. */
  @Test
  void aDamagedLogIsEndedBeforeTheDamageAndItsHostResynchronizes() throws Exception {
    UUID incarnation = UUID.randomUUID();
    LinkedBlockingQueue<Object> told = new LinkedBlockingQueue<>();
    try (Appliance appliance = start("finance", "payroll")) {
      HostClient client = connect(appliance, incarnation, told);
      DiskStream disk = client.open("vm1", "disk0", DISK_BYTES, 512);
      assertTrue(client.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      stopStore();
      for (int i = 1; i <= 20; i++) {
        assertTrue(client.awaitLogged(disk.write(i * 512L, data(512)), PATIENCE));
      }
      client.abort();
      // As they are now: on its way out, the appliance would replicate what it has.
      copy(folder.resolve("volume"), folder.resolve("cut"));
      copy(folder.resolve("store"), folder.resolve("cut-store"));
      Files.delete(folder.resolve("cut-store/finance/chain"));
      copy(aside(), folder.resolve("cut-store/finance/chain"));
      startStore();
    }
    Path volume = folder.resolve("volume");
    Files.move(volume, folder.resolve("drained"));
    Files.move(folder.resolve("cut"), volume);
    Files.move(folder.resolve("store"), folder.resolve("drained-store"));
    Files.move(folder.resolve("cut-store"), folder.resolve("store"));
    flipInLastRecords(volume);
    VolumeCheck.Content content =
        VolumeCheck.check(volume, _ -> {}).logs().getFirst().content().orElseThrow();
    long lastIntactSeq = content.hosts().getFirst().lastSeq();
    assertTrue(lastIntactSeq >= 1 && lastIntactSeq < 21, content.toString());
    assertEquals(21, content.damage().orElseThrow().lost().lastSeqsSeen().get(1));
    try (Appliance appliance = start("finance", "payroll")) {
      JsonNode failed = http(appliance, "GET", FINANCE).json();
      assertEquals("FAILED", failed.get("state").asText());
      assertTrue(failed.get("reason").asText().contains("drva volume check"), failed.toString());
      assertEquals(
          "ACTIVE", http(appliance, "GET", "/v1/domains/payroll").json().get("state").asText());
    }
    assertEquals(content.lastLsn(), LogVolume.truncate(volume, "finance"));
    try (Appliance appliance = start("finance", "payroll")) {
      assertEquals(200, http(appliance, "GET", "/health").status());
      HostClient lost = connect(appliance, incarnation, told);
      // A new client of the same incarnation knows nothing of the acknowledgements: it is told the
      // number that the log has, and it is for the filter to see that it is less than it was.
      lost.abort();
      try (HostClient fresh = connect(appliance, UUID.randomUUID(), told)) {
        DiskStream disk = fresh.open("vm1", "disk0", DISK_BYTES, 512);
        assertTrue(fresh.awaitReplicated(disk.write(0, data(512)), PATIENCE));
      }
    }
    requireSound();
  }

  /** Flips a bit in the tenth record from the end of the file that holds the newest. */
  private static void flipInLastRecords(Path volume) throws IOException {
    try (var files = Files.walk(volume.resolve("domains/finance"))) {
      Path newest =
          files.filter(file -> file.toString().endsWith(".cq4")).sorted().toList().getLast();
      byte[] content = Files.readAllBytes(newest);
      int position = content.length;
      for (int records = 0; records < 10; records++) {
        do {
          position--;
        } while (!(content[position] == 'D'
            && content[position + 1] == 'R'
            && content[position + 2] == 'V'
            && content[position + 3] == 'L'));
      }
      try (RandomAccessFile file = new RandomAccessFile(newest.toFile(), "rw")) {
        file.seek(position + 100);
        file.write(content[position + 100] ^ 1);
      }
    }
  }

  private void requireSound() throws IOException {
    try (ObjectStore store = ObjectStores.open("dir:" + folder.resolve("store"), Map.of())) {
      assertEquals(
          List.of(), Verifier.run(store.container("finance"), RecoveryProgress.NONE).problems());
    }
    assertTrue(VolumeCheck.check(folder.resolve("volume"), _ -> {}).isSound());
  }
}
