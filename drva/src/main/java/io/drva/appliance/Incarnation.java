package io.drva.appliance;

import java.nio.ByteBuffer;
import java.util.UUID;

/** A host's incarnation: a UUID to the protocol and the chain, 16 bytes to the log. */
final class Incarnation {
  private Incarnation() {}

  static byte[] bytes(UUID incarnation) {
    return ByteBuffer.allocate(16)
        .putLong(incarnation.getMostSignificantBits())
        .putLong(incarnation.getLeastSignificantBits())
        .array();
  }

  static UUID of(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
