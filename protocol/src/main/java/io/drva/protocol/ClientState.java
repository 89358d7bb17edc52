package io.drva.protocol;

import static io.drva.protocol.FrameType.*;

/** The states of a connection as the client sees them, and the frames that each accepts. */
enum ClientState {
  /** HELLO was sent. */
  GREETED(WELCOME.bit() | ERROR.bit(), 0),

  /** WELCOME came. */
  ESTABLISHED(Sets.ANSWERS, Sets.CHECKPOINT),

  /** The client has sent CLOSE; the last answers are on their way. */
  CLOSING(Sets.ANSWERS, 0),

  /** The connection is over. */
  DEAD(0, 0);

  private final int accepted;
  private final int unsupported;

  ClientState(int accepted, int unsupported) {
    this.accepted = accepted;
    this.unsupported = unsupported;
  }

  /**
   * Checks the place of a frame.
   *
   * @throws ProtocolException {@link ErrorCode#WRONG_STATE} or {@link ErrorCode#UNSUPPORTED}
   */
  void accept(FrameType type) throws ProtocolException {
    if ((accepted & type.bit()) == 0) {
      throw Refusals.of(type, this, (unsupported & type.bit()) != 0);
    }
  }

  private static final class Sets {
    static final int ANSWERS =
        OPENED.bit()
            | ACK.bit()
            | CREDIT.bit()
            | PRESSURE.bit()
            | PING.bit()
            | PONG.bit()
            | CLOSE.bit()
            | ERROR.bit();
    static final int CHECKPOINT = CHECKPOINT_PREPARE.bit() | CHECKPOINT_COMMIT.bit();
  }
}
