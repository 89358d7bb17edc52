package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes frames. Not thread-safe. The buffers it writes to are used by the calling thread only. */
final class FrameEncoder {
  private final Crc32c crc = new Crc32c();

  /** Appends a whole control frame. */
  void encode(ControlFrame frame, ByteBuf out) {
    int start = begin(frame.type(), 0, 0, out);
    switch (frame) {
      case ControlFrame.Hello f -> {
        out.writeShort(f.versionMin()).writeShort(f.versionMax());
        out.writeLong(f.incarnation().getMostSignificantBits());
        out.writeLong(f.incarnation().getLeastSignificantBits());
        out.writeLong(f.clientTimeMicros());
        writeString(out, f.host());
        writeString(out, f.domain());
        writeString(out, f.software());
      }
      case ControlFrame.Welcome f -> {
        out.writeShort(f.version()).writeShort(0);
        out.writeInt(f.dataBytesMax()).writeInt(f.windowBytes());
        out.writeInt(f.streamsMax()).writeInt(f.idleTimeoutMs()).writeInt(0);
        out.writeLong(f.loggedSeq()).writeLong(f.replicatedSeq()).writeLong(f.serverTimeMicros());
      }
      case ControlFrame.Open f -> {
        out.writeInt(f.stream()).writeInt(f.sectorBytes()).writeLong(f.capacityBytes());
        writeString(out, f.vm());
        writeString(out, f.disk());
      }
      case ControlFrame.Opened f -> out.writeInt(f.stream()).writeInt(f.disk());
      case ControlFrame.Ack f -> out.writeLong(f.loggedSeq()).writeLong(f.replicatedSeq());
      case ControlFrame.Credit f -> out.writeInt(f.windowBytes());
      case ControlFrame.Pressure f -> out.writeByte(f.level()).writeZero(3);
      case ControlFrame.CheckpointPrepare f ->
          out.writeLong(f.checkpoint()).writeInt(f.holdMsMax());
      case ControlFrame.CheckpointReady f -> out.writeLong(f.seq()).writeLong(f.checkpoint());
      case ControlFrame.CheckpointCommit f -> out.writeLong(f.checkpoint()).writeInt(0);
      case ControlFrame.ResyncBegin f ->
          out.writeLong(f.seq()).writeLong(f.timeMicros()).writeInt(f.stream());
      case ControlFrame.ResyncEnd f ->
          out.writeLong(f.seq()).writeLong(f.timeMicros()).writeInt(f.stream());
      case ControlFrame.Ping f -> out.writeLong(f.originMicros());
      case ControlFrame.Pong f ->
          out.writeLong(f.originMicros()).writeLong(f.receivedMicros()).writeLong(f.sentMicros());
      case ControlFrame.Close f -> out.writeByte(f.reason()).writeZero(3);
      case ControlFrame.Failure f -> {
        out.writeShort(f.code().code()).writeLong(f.frameOffset()).writeLong(f.seq());
        byte[] message = truncate(f.message());
        out.writeShort(message.length).writeBytes(message);
      }
    }
    finish(start, out);
  }

  /** Appends head and fields of an extent; its {@code dataBytes} of data must follow. */
  void encodeExtent(
      FrameType type,
      int flags,
      long seq,
      long timeMicros,
      long offsetBytes,
      int stream,
      long lengthBytes,
      int dataBytes,
      int dataCrc32c,
      ByteBuf out) {
    int start = begin(type, flags, dataBytes, out);
    out.writeLong(seq).writeLong(timeMicros).writeLong(offsetBytes);
    out.writeInt(stream).writeInt((int) lengthBytes).writeInt(dataCrc32c);
    finish(start, out);
  }

  private static int begin(FrameType type, int flags, int dataBytes, ByteBuf out) {
    int start = out.writerIndex();
    out.writeInt(Wire.MAGIC).writeInt(0);
    out.writeByte(type.code()).writeByte(flags).writeShort(0).writeInt(dataBytes);
    return start;
  }

  private void finish(int start, ByteBuf out) {
    int fieldsBytes = out.writerIndex() - start - Wire.HEAD_BYTES;
    out.setShort(start + Wire.FIELDS_LENGTH_AT, fieldsBytes);
    int covered = Wire.HEAD_BYTES - Wire.TYPE_AT + fieldsBytes;
    out.setInt(start + Wire.CRC_AT, crc.ofOwn(out, start + Wire.TYPE_AT, covered));
  }

  private static void writeString(ByteBuf out, String text) {
    out.writeByte(ByteBufUtil.utf8Bytes(text));
    ByteBufUtil.writeUtf8(out, text);
  }

  /** The message in at most {@link Wire#ERROR_MESSAGE_BYTES_MAX} bytes, cut between characters. */
  private static byte[] truncate(String message) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= Wire.ERROR_MESSAGE_BYTES_MAX) {
      return bytes;
    }
    int end = Wire.ERROR_MESSAGE_BYTES_MAX;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }
}
