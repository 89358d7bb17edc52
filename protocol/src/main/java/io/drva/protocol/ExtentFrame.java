package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.util.Recycler;

/**
 * One change of a disk: WRITE, ZERO, DISCARD or BASELINE.
 *
 * <p>A pooled, mutable object: whoever it is handed to owns it and its data until {@link
 * #release()}, which may be called once and from any thread. Nothing of it may be used afterwards.
 * It is filled on the session's event loop and must be published safely to other threads.
 */
public final class ExtentFrame {
  /**
   * Frames that one event loop keeps for reuse: some 100 bytes each. More in flight are garbage.
   */
  private static final int POOLED_PER_THREAD_MAX = 64 * 1_024;

  private static final Recycler<ExtentFrame> POOL =
      new Recycler<>(POOLED_PER_THREAD_MAX) {
        @Override
        protected ExtentFrame newObject(Handle<ExtentFrame> handle) {
          return new ExtentFrame(handle);
        }
      };

  private final Recycler.Handle<ExtentFrame> handle;

  private FrameType type;
  private int flags;
  private long seq;
  private long timeMicros;
  private long offsetBytes;
  private long lengthBytes;
  private int dataBytes;
  private int dataCrc32c;
  private int stream;
  private int disk;
  private ServerSession session;
  private ByteBuf buffer;
  private int dataIndex;

  private ExtentFrame(Recycler.Handle<ExtentFrame> handle) {
    this.handle = handle;
  }

  /** An empty frame from the pool. */
  static ExtentFrame take() {
    return POOL.get();
  }

  /**
   * Takes over the fields of a frame whose head checksum was right.
   *
   * @param index where the fields start, {@link Wire#EXTENT_FIELDS_BYTES} of them
   * @throws ProtocolException {@link ErrorCode#MALFORMED}
   */
  void decode(FrameType type, int flags, int dataBytes, ByteBuf in, int index)
      throws ProtocolException {
    this.type = type;
    this.flags = flags;
    this.dataBytes = dataBytes;
    seq = in.getLong(index);
    timeMicros = in.getLong(index + 8);
    offsetBytes = in.getLong(index + 16);
    stream = in.getInt(index + 24);
    lengthBytes = in.getUnsignedInt(index + 28);
    dataCrc32c = in.getInt(index + 32);
    if (timeMicros < 0) {
      throw new ProtocolException(ErrorCode.MALFORMED, type + " has a time of 2^63 or more");
    }
    if (type.hasData() ? lengthBytes != dataBytes : dataCrc32c != 0) {
      throw new ProtocolException(
          ErrorCode.MALFORMED,
          type.hasData()
              ? type + " has length " + lengthBytes + " but " + dataBytes + " bytes of data"
              : type + " has a data checksum but no data");
    }
  }

  void bind(ServerSession session, int disk) {
    this.session = session;
    this.disk = disk;
  }

  /** Takes a reference to the buffer that the data lies in. */
  void data(ByteBuf buffer, int dataIndex) {
    this.buffer = buffer.retain();
    this.dataIndex = dataIndex;
  }

  public FrameType type() {
    return type;
  }

  /** The flags byte; for BASELINE see {@link #isLastOfBaseline()}. */
  public int flags() {
    return flags;
  }

  /** Whether this is the end of its disk's baseline. */
  public boolean isLastOfBaseline() {
    return type == FrameType.BASELINE && (flags & Wire.FLAG_LAST) != 0;
  }

  /** Place in the host's sequence. */
  public long seq() {
    return seq;
  }

  /** The client's clock when the guest's write was submitted, microseconds since 1970. */
  public long timeMicros() {
    return timeMicros;
  }

  /** Where the extent starts on its disk. */
  public long offsetBytes() {
    return offsetBytes;
  }

  /** How long the extent is; up to 2^32 - 1 for ZERO and DISCARD. */
  public long lengthBytes() {
    return lengthBytes;
  }

  /** CRC-32C of the data, which the session has checked; 0 without data. */
  public int dataCrc32c() {
    return dataCrc32c;
  }

  /** The client's number of the stream, unsigned. */
  public int stream() {
    return stream;
  }

  /** The number that {@link SessionHandler#open} returned for the stream. */
  public int disk() {
    return disk;
  }

  /** The session that the frame came on. */
  public ServerSession session() {
    return session;
  }

  /** What the frame takes of the window: head, fields and data. */
  public int frameBytes() {
    return Wire.EXTENT_HEAD_BYTES + dataBytes;
  }

  /** Bytes of data; 0 for ZERO and DISCARD. */
  public int dataBytes() {
    return dataBytes;
  }

  /**
   * The session's receive buffer, contiguous, in which the data lies from {@link #dataIndex()} on,
   * or null without data. It stays in memory until every frame in it is released; its indices and
   * the bytes elsewhere in it are the session's.
   */
  public ByteBuf buffer() {
    return buffer;
  }

  /** Where the data starts in {@link #buffer()}, {@link #dataBytes()} of it. */
  public int dataIndex() {
    return dataIndex;
  }

  /** Gives the data and the frame back. Once, from any thread. */
  public void release() {
    ByteBuf owned = buffer;
    buffer = null;
    session = null;
    if (owned != null) {
      owned.release();
    }
    handle.recycle(this);
  }

  @Override
  public String toString() {
    return type
        + "[seq "
        + seq
        + ", stream "
        + Integer.toUnsignedString(stream)
        + ", offset "
        + offsetBytes
        + ", length "
        + lengthBytes
        + "]";
  }
}
