package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;

/** Listens to what a server says on a connection, piece by piece as it is written. */
public final class FrameTap implements Consumer<byte[]> {
  /** Told what is said. */
  public interface Listener {
    void welcome(long loggedSeq, long replicatedSeq);

    void ack(long loggedSeq, long replicatedSeq);

    void error(ErrorCode code, String message);
  }

  private final Listener listener;
  private final ByteBuf unread = Unpooled.buffer();

  public FrameTap(Listener listener) {
    this.listener = listener;
  }

  @Override
  public void accept(byte[] piece) {
    unread.writeBytes(piece);
    while (unread.readableBytes() >= Wire.HEAD_BYTES) {
      int start = unread.readerIndex();
      int fieldsBytes = unread.getUnsignedShort(start + Wire.FIELDS_LENGTH_AT);
      if (unread.readableBytes() < Wire.HEAD_BYTES + fieldsBytes) {
        break;
      }
      FrameType type = FrameType.of(unread.getUnsignedByte(start + Wire.TYPE_AT));
      try {
        hear(FieldsDecoder.decode(type, unread, start + Wire.HEAD_BYTES, fieldsBytes));
      } catch (ProtocolException e) {
        throw new IllegalStateException("the server said something that is not a frame", e);
      }
      unread.skipBytes(Wire.HEAD_BYTES + fieldsBytes);
    }
    unread.discardReadBytes();
  }

  private void hear(ControlFrame frame) {
    switch (frame) {
      case ControlFrame.Welcome w -> listener.welcome(w.loggedSeq(), w.replicatedSeq());
      case ControlFrame.Ack a -> listener.ack(a.loggedSeq(), a.replicatedSeq());
      case ControlFrame.Failure f -> listener.error(f.code(), f.message());
      default -> {} // Nothing that was promised.
    }
  }
}
