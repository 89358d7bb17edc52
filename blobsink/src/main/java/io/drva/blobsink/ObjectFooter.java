package io.drva.blobsink;

import java.nio.ByteBuffer;

/** The last 64 bytes of a chain object. */
final class ObjectFooter {
  private static final int CRC_AT = Format.FOOTER_BYTES - 4;

  private ObjectFooter() {}

  static void encode(ByteBuffer out, int at, ObjectHeader header, Digest digest) {
    out.putLong(at, Format.MAGIC_FOOTER);
    out.putLong(at + 8, header.number());
    out.putLong(at + 16, header.objectBytes());
    digest.write(out, at + 24);
    out.putInt(at + 56, 0);
    out.putInt(at + CRC_AT, Crc.of(out, at, CRC_AT));
  }

  /**
   * Checks a footer against the header and the digest that was computed.
   *
   * @param in holds the footer from index {@code at}
   */
  static void check(ObjectRef ref, ByteBuffer in, int at, ObjectHeader header, Digest digest)
      throws CorruptObjectException {
    long position = header.objectBytes() - Format.FOOTER_BYTES;
    if (in.getLong(at) != Format.MAGIC_FOOTER) {
      throw ref.corrupt(position, "there is no footer here");
    }
    if (in.getInt(at + CRC_AT) != Crc.of(in, at, CRC_AT)) {
      throw ref.corrupt(position + CRC_AT, "checksum of the footer does not match");
    }
    if (in.getLong(at + 8) != header.number()
        || in.getLong(at + 16) != header.objectBytes()
        || !Digest.read(in, at + 24).equals(digest)
        || in.getInt(at + 56) != 0) {
      throw ref.corrupt(position, "the footer is not that of this header and index");
    }
  }
}
