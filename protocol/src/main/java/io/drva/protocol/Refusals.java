package io.drva.protocol;

/** How both ends word a frame that came at the wrong time. */
final class Refusals {
  private Refusals() {}

  static ProtocolException of(FrameType type, Enum<?> state, boolean unsupported) {
    return unsupported
        ? new ProtocolException(
            ErrorCode.UNSUPPORTED, type + " is not implemented by protocol version " + Wire.VERSION)
        : new ProtocolException(ErrorCode.WRONG_STATE, type + " does not belong in state " + state);
  }
}
