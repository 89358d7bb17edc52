package io.drva.protocol;

import io.netty.util.collection.IntObjectHashMap;

/** The streams that are open on one connection. Used on its event loop. */
final class ServerStreams {
  private record Stream(int disk, DiskGeometry geometry) {}

  private final int streamsMax;
  private final IntObjectHashMap<Stream> streams = new IntObjectHashMap<>();

  ServerStreams(int streamsMax) {
    this.streamsMax = streamsMax;
  }

  /** Opens a stream if its number is free and the handler agrees. */
  int open(ControlFrame.Open open, SessionHandler handler) throws ProtocolException {
    if (streams.containsKey(open.stream())) {
      throw new ProtocolException(
          ErrorCode.BAD_STREAM,
          "stream " + Integer.toUnsignedString(open.stream()) + " is open already");
    }
    if (streams.size() >= streamsMax) {
      throw new ProtocolException(
          ErrorCode.LIMIT, "this connection has its " + streamsMax + " streams open");
    }
    int disk = handler.open(open.vm(), open.disk(), open.capacityBytes(), open.sectorBytes());
    DiskGeometry geometry = new DiskGeometry(open.sectorBytes(), open.capacityBytes());
    streams.put(open.stream(), new Stream(disk, geometry));
    return disk;
  }

  /**
   * Checks an extent against its stream.
   *
   * @return the domain's number of the disk
   */
  int check(ExtentFrame frame) throws ProtocolException {
    Stream stream = streams.get(frame.stream());
    if (stream == null) {
      throw new ProtocolException(ErrorCode.BAD_STREAM, frame + ": the stream is not open");
    }
    if (!stream.geometry.isAligned(frame.offsetBytes(), frame.lengthBytes())) {
      throw new ProtocolException(
          ErrorCode.MISALIGNED,
          frame + ": sectors have " + stream.geometry.sectorBytes() + " bytes");
    }
    if (!stream.geometry.contains(frame.offsetBytes(), frame.lengthBytes())) {
      throw new ProtocolException(
          ErrorCode.OUT_OF_RANGE,
          frame + ": the disk has " + stream.geometry.capacityBytes() + " bytes");
    }
    return stream.disk;
  }
}
