package io.drva.blobsink;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The SHA-256 by which a chain object is known to the next: four words, so that equality is by
 * value.
 */
public record Digest(long a, long b, long c, long d) {
  static final int BYTES = 32;

  /** What the first object of a chain has in place of a previous digest. */
  public static final Digest ZERO = new Digest(0, 0, 0, 0);

  /**
   * Of a header followed by the stored index.
   *
   * @param parts read from position to limit; left as they are
   */
  static Digest of(ByteBuffer... parts) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
    for (ByteBuffer part : parts) {
      sha256.update(part.duplicate());
    }
    return read(ByteBuffer.wrap(sha256.digest()), 0);
  }

  static Digest read(ByteBuffer from, int index) {
    return new Digest(
        from.getLong(index),
        from.getLong(index + 8),
        from.getLong(index + 16),
        from.getLong(index + 24));
  }

  void write(ByteBuffer into, int index) {
    into.putLong(index, a).putLong(index + 8, b).putLong(index + 16, c).putLong(index + 24, d);
  }

  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(a) + hex.toHexDigits(b) + hex.toHexDigits(c) + hex.toHexDigits(d);
  }
}
