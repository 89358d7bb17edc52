package io.drva.protocol;

import java.io.Serial;

/** What ends a session: the content of an ERROR frame. */
public final class ProtocolException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  /** Offset of a fault whose frame is not known yet; the frame reader fills it in. */
  private static final long FRAME_OFFSET_UNKNOWN = -1;

  private final ErrorCode code;
  private final long frameOffset;
  private final long seq;

  /** A fault in the frame being read: the session adds the frame's offset and sequence number. */
  public ProtocolException(ErrorCode code, String message) {
    this(code, FRAME_OFFSET_UNKNOWN, 0, message);
  }

  /**
   * A fault in a known frame.
   *
   * @param frameOffset bytes received on the connection before the frame
   * @param seq the frame's sequence number, 0 if it has none
   */
  public ProtocolException(ErrorCode code, long frameOffset, long seq, String message) {
    super(message);
    this.code = code;
    this.frameOffset = frameOffset;
    this.seq = seq;
  }

  private ProtocolException(ProtocolException cause, long frameOffset, long seq) {
    super(cause.getMessage(), cause);
    this.code = cause.code;
    this.frameOffset = frameOffset;
    this.seq = seq;
  }

  public ErrorCode code() {
    return code;
  }

  /** Bytes received before the frame at fault; -1 while it is not known. */
  public long frameOffset() {
    return frameOffset;
  }

  /** Sequence number of the frame at fault, 0 when it has none. */
  public long seq() {
    return seq;
  }

  /** The ERROR that tells the peer. */
  ControlFrame.Failure frame() {
    return new ControlFrame.Failure(code, frameOffset, seq, getMessage());
  }

  /** This fault with its place, unless it already has one. */
  ProtocolException at(long frameOffset, long seq) {
    return this.frameOffset == FRAME_OFFSET_UNKNOWN
        ? new ProtocolException(this, frameOffset, seq)
        : this;
  }
}
