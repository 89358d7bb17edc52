package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The object {@code domain}: whose container this is.
 *
 * @param domainId random, made with the container
 * @param createdMicros when
 * @param name the domain's name
 */
public record DomainDescriptor(UUID domainId, long createdMicros, String name) {
  private static final int CRC_AT = Format.DESCRIPTOR_BYTES - 4;
  private static final int NAME_AT = 40;

  /**
   * Reads the descriptor of a container.
   *
   * @throws StoreException with {@link StoreException.Reason#NOT_FOUND} when there is none
   */
  public static DomainDescriptor read(Container container) throws IOException {
    return parse(
        new ObjectRef(container.location(), ObjectNames.DESCRIPTOR),
        container.readAll(ObjectNames.DESCRIPTOR, Format.DESCRIPTOR_BYTES));
  }

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(Format.DESCRIPTOR_BYTES);
    byte[] nameBytes = name.getBytes(US_ASCII);
    out.putLong(Format.MAGIC_DESCRIPTOR)
        .putShort((short) Format.VERSION)
        .putShort((short) 0)
        .putInt(Format.WINDOW);
    out.putLong(domainId.getMostSignificantBits()).putLong(domainId.getLeastSignificantBits());
    out.putLong(createdMicros).put((byte) nameBytes.length).put(nameBytes);
    out.putInt(CRC_AT, Crc.of(out, 0, CRC_AT));
    return out.clear();
  }

  static DomainDescriptor parse(ObjectRef ref, ByteBuffer in) throws CorruptObjectException {
    if (in.remaining() != Format.DESCRIPTOR_BYTES) {
      throw ref.corrupt(in.remaining(), "a descriptor has 512 bytes, this one " + in.remaining());
    }
    if (in.getLong(0) != Format.MAGIC_DESCRIPTOR) {
      throw ref.corrupt(0, "not a domain descriptor");
    }
    if (in.getInt(CRC_AT) != Crc.of(in, 0, CRC_AT)) {
      throw ref.corrupt(CRC_AT, "checksum of the descriptor does not match");
    }
    ObjectHeader.checkVersion(ref, Short.toUnsignedInt(in.getShort(8)));
    if (in.getShort(10) != 0) {
      throw ref.corrupt(10, "a byte that must be zero is not");
    }
    if (in.getInt(12) != Format.WINDOW) {
      throw ref.corrupt(
          12, "window is " + Integer.toUnsignedString(in.getInt(12)) + ", version 1 has 16");
    }
    long createdMicros = in.getLong(32);
    int nameBytes = Byte.toUnsignedInt(in.get(NAME_AT));
    byte[] text = new byte[nameBytes];
    in.get(NAME_AT + 1, text);
    String name = new String(text, US_ASCII);
    if (createdMicros < 0 || !ObjectStores.isDomain(name)) {
      throw ref.corrupt(NAME_AT, "not a domain name, or a time out of range");
    }
    Crc.requireZeros(ref, in, NAME_AT + 1 + nameBytes, CRC_AT, 0);
    return new DomainDescriptor(new UUID(in.getLong(16), in.getLong(24)), createdMicros, name);
  }
}
