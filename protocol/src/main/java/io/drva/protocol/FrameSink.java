package io.drva.protocol;

/**
 * Where a {@link FrameReader} puts what it reads; called on the connection's event loop, in the
 * order of the specification's checks. Each method may refuse the frame, which ends the session.
 */
interface FrameSink {
  /** Whether the state accepts the type: WRONG_STATE or UNSUPPORTED otherwise. */
  void accept(FrameType type) throws ProtocolException;

  /** A complete control frame. */
  void control(ControlFrame frame) throws ProtocolException;

  /**
   * The head of an extent, before its data has come: the type's own rules. The frame stays the
   * reader's.
   */
  void extentHead(ExtentFrame frame) throws ProtocolException;

  /** The complete extent, checksums right. Takes ownership. */
  void extent(ExtentFrame frame) throws ProtocolException;
}
