package io.drva.logstore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One encoding of everything that lies on a volume. When one of these fails because a layout was
 * changed on purpose, raise its version and change the golden file with it.
 */
class GoldenTest {

  @TempDir Path directory;

  private static byte[] golden(String name) throws IOException {
    try (InputStream file = GoldenTest.class.getResourceAsStream("/golden/" + name + ".hex")) {
      String text = new String(file.readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }
  }

  private static void same(String name, byte[] actual) throws IOException {
    assertEquals(
        HexFormat.of().formatHex(golden(name)), HexFormat.of().formatHex(actual), () -> name);
  }

  private static RecordHeader write() {
    RecordHeader header = new RecordHeader();
    header.type = RecordType.WRITE;
    header.flags = 0x0102;
    header.fileId = 0x0304050607080910L;
    header.lsn = 0x1112131415161718L;
    header.forcedLsn = 0x1112131415161700L;
    header.seq = 0x2122232425262728L;
    header.offsetBytes = 0x3132333435363738L;
    header.timeMicros = 0x4142434445464748L;
    header.host = 0x51525354;
    header.disk = 0x61626364;
    header.lengthBytes = 0x00010000;
    header.dataLengthBytes = 0x00010000;
    header.dataCrc32c = 0x71727374;
    return header;
  }

  @Test
  void recordHeader() throws IOException {
    same("record-header", write().encode());
    RecordHeader decoded = new RecordHeader();
    assertNull(decoded.decode(ByteBuffer.wrap(golden("record-header")), 0));
    same("record-header", decoded.encode());
  }

  @Test
  void anyFlippedBitOfAHeaderIsFound() throws IOException {
    byte[] bytes = golden("record-header");
    for (int bit = 0; bit < bytes.length * Byte.SIZE; bit++) {
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
      assertTrue(new RecordHeader().decode(ByteBuffer.wrap(bytes), 0) != null);
      bytes[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
    }
  }

  @Test
  void snapshot() throws IOException {
    DomainState state = new DomainState();
    assertEquals(777, state.decodeSnapshot(ByteBuffer.wrap(golden("snapshot"))));
    assertEquals(1_700_000_000_000_000L, state.lastTimeMicros());
    assertEquals(
        "[HostState[number=1, name=host-1, incarnation=000102030405060708090a0b0c0d0e0f,"
            + " lastSeq=41, attachedLsn=5, closed=false], HostState[number=2, name=esx, incarnation="
            + "ffffffffffffffffffffffffffffffff, lastSeq=0, attachedLsn=7, closed=true]]",
        state.hosts().toString());
    assertEquals(
        "[DiskState[number=1, vm=vm, disk=disk-0, capacityBytes=1099511627776, sectorBytes=512]]",
        state.disks().toString());
    ByteBuffer encoded = ByteBuffer.allocate(state.snapshotBytesMax());
    state.encodeSnapshot(encoded, 777);
    byte[] bytes = new byte[encoded.flip().remaining()];
    encoded.get(bytes);
    same("snapshot", bytes);
  }

  @Test
  void volumeDescriptor() throws IOException {
    VolumeDescriptor descriptor =
        new VolumeDescriptor(
            new UUID(0x0102030405060708L, 0x090A0B0C0D0E0F10L),
            new VolumeSize(64L << 30, 64 << 20));
    byte[] encoded = descriptor.encode();
    same("volume-descriptor-head", Arrays.copyOf(encoded, 40));
    same("volume-descriptor-crc", Arrays.copyOfRange(encoded, 508, 512));
    Path file = Files.write(directory.resolve("volume"), encoded);
    assertEquals(descriptor, VolumeDescriptor.read(file));
  }

  @Test
  void chainOfLog() throws IOException {
    ChainOfLog chain = new ChainOfLog(new UUID(0x0102030405060708L, 0x090A0B0C0D0E0F10L), 7);
    same("chain", chain.encode());
    Files.write(directory.resolve("chain"), golden("chain"));
    assertEquals(Optional.of(chain), ChainOfLog.read(directory));
    byte[] flipped = golden("chain");
    flipped[10] ^= 1;
    Files.write(directory.resolve("chain"), flipped);
    assertThrows(VolumeException.class, () -> ChainOfLog.read(directory));
  }

  @Test
  void limitsHoldTogether() {
    assertTrue(DomainState.SNAPSHOT_BYTES_MAX <= LogLimits.DATA_BYTES_MAX);
    assertTrue(
        RunAppender.HEAD_BYTES_MAX
                + DomainState.SNAPSHOT_BYTES_MAX
                + LogLimits.DATA_BYTES_MAX
                + 4 * RecordHeader.BYTES
                + LogLimits.CYCLE_TAIL_BYTES
                + LogLimits.CYCLE_OVERHEAD_BYTES
            <= LogLimits.CYCLE_BYTES_MIN);
    assertTrue(
        LogLimits.SCAN_WINDOW_BYTES
            >= LogLimits.DATA_BYTES_MAX + RecordHeader.BYTES + SystemDisk.BLOCK_BYTES);
  }
}
