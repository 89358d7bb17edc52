package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * Takes frames out of the receive buffer and checks them in the order of the specification. Lengths
 * are checked before anything is reserved or awaited; everything that the head and fields can tell
 * is checked before the data is awaited. Data is not copied: an extent gets a slice.
 *
 * <p>Used on one event loop. After a {@link ProtocolException} it must only be released.
 */
final class FrameReader {
  private static final int MAGIC_BYTES = 4;

  private final ReceiveBuffer receive;
  private final FrameSink sink;
  private final int dataBytesMax;
  private final Crc32c crc = new Crc32c();

  private long frameOffset;

  /** The extent whose data is awaited, or null. */
  private ExtentFrame extent;

  /** Size of the frame at the reader index as far as it is known. */
  private int frameBytes;

  private boolean reading;
  private boolean released;

  FrameReader(ReceiveBuffer receive, FrameSink sink, int dataBytesMax) {
    this.receive = receive;
    this.sink = sink;
    this.dataBytesMax = dataBytesMax;
  }

  /** Bytes received before the frame that is being read. */
  long frameOffset() {
    return frameOffset;
  }

  /** Takes all complete frames that are in the receive buffer. */
  void read(ByteBufAllocator allocator) throws ProtocolException {
    ByteBuf in = receive.unread();
    reading = true;
    try {
      boolean more = true;
      while (more && !released) {
        more = extent == null ? readHead(in) : readData(in);
      }
      if (!released) {
        receive.prepare(allocator, frameBytes);
      }
    } catch (ProtocolException e) {
      throw e.at(frameOffset, extent == null ? 0 : extent.seq());
    } finally {
      reading = false;
      if (released) {
        release();
      }
    }
  }

  /** Gives back all memory. A frame's receiver may call it: then no further frame is delivered. */
  void release() {
    released = true;
    if (reading) {
      return;
    }
    if (extent != null) {
      extent.release();
      extent = null;
    }
    receive.release();
  }

  private boolean readHead(ByteBuf in) throws ProtocolException {
    int readable = in.readableBytes();
    int start = in.readerIndex();
    frameBytes = Wire.HEAD_BYTES;
    if (readable >= MAGIC_BYTES && in.getInt(start) != Wire.MAGIC) {
      throw new ProtocolException(
          ErrorCode.BAD_MAGIC, "no frame starts with 0x" + Integer.toHexString(in.getInt(start)));
    }
    if (readable < Wire.HEAD_BYTES) {
      return false;
    }
    FrameType type = FrameType.of(in.getUnsignedByte(start + Wire.TYPE_AT));
    if (type == null) {
      throw new ProtocolException(
          ErrorCode.UNKNOWN_TYPE,
          "no frame type 0x" + Integer.toHexString(in.getUnsignedByte(start + Wire.TYPE_AT)));
    }
    int fieldsBytes = in.getUnsignedShort(start + Wire.FIELDS_LENGTH_AT);
    long dataBytes = in.getUnsignedInt(start + Wire.DATA_LENGTH_AT);
    checkLengths(type, fieldsBytes, dataBytes);
    frameBytes = Wire.HEAD_BYTES + fieldsBytes + (int) dataBytes;
    if (readable < Wire.HEAD_BYTES + fieldsBytes) {
      return false;
    }
    int covered = Wire.HEAD_BYTES - Wire.TYPE_AT + fieldsBytes;
    if (crc.ofOwn(in, start + Wire.TYPE_AT, covered) != in.getInt(start + Wire.CRC_AT)) {
      throw new ProtocolException(ErrorCode.BAD_CHECKSUM, type + ": head checksum is wrong");
    }
    sink.accept(type);
    int flags = in.getUnsignedByte(start + Wire.FLAGS_AT);
    type.checkShape(flags, fieldsBytes);
    if (type.isExtent()) {
      extent = ExtentFrame.take();
      extent.decode(type, flags, (int) dataBytes, in, start + Wire.HEAD_BYTES);
      sink.extentHead(extent);
    } else {
      sink.control(FieldsDecoder.decode(type, in, start + Wire.HEAD_BYTES, fieldsBytes));
      advance(in);
    }
    return true;
  }

  private boolean readData(ByteBuf in) throws ProtocolException {
    if (in.readableBytes() < frameBytes) {
      return false;
    }
    int dataBytes = extent.dataBytes();
    if (dataBytes > 0) {
      int dataAt = in.readerIndex() + Wire.EXTENT_HEAD_BYTES;
      if (crc.ofOwn(in, dataAt, dataBytes) != extent.dataCrc32c()) {
        throw new ProtocolException(
            ErrorCode.BAD_DATA_CHECKSUM, extent.type() + ": data checksum is wrong");
      }
      extent.data(in, dataAt);
    }
    ExtentFrame complete = extent;
    extent = null;
    sink.extent(complete);
    advance(in);
    return true;
  }

  private void checkLengths(FrameType type, int fieldsBytes, long dataBytes)
      throws ProtocolException {
    if (fieldsBytes > Wire.FIELDS_BYTES_MAX) {
      throw new ProtocolException(
          ErrorCode.FRAME_TOO_LARGE, type + " announces " + fieldsBytes + " bytes of fields");
    }
    int limit = type.hasData() ? dataBytesMax : 0;
    if (dataBytes > limit) {
      throw new ProtocolException(
          ErrorCode.FRAME_TOO_LARGE,
          type + " announces " + dataBytes + " bytes of data, the limit is " + limit);
    }
  }

  private void advance(ByteBuf in) {
    in.skipBytes(frameBytes);
    frameOffset += frameBytes;
    frameBytes = 0;
  }
}
