package io.drva.protocol;

import static io.drva.protocol.FrameType.*;

/** The states of a session as the server sees them, and the frames that each accepts. */
enum ServerState {
  /** The connection exists; nobody has said who is there. */
  CONNECTED(HELLO.bit(), 0),

  /** HELLO came; the acceptor is finding out the logged position. The client must be silent. */
  ATTACHING(0, 0),

  /** WELCOME was sent. */
  ESTABLISHED(
      OPEN.bit()
          | WRITE.bit()
          | ZERO.bit()
          | DISCARD.bit()
          | BASELINE.bit()
          | PING.bit()
          | PONG.bit()
          | CLOSE.bit()
          | ERROR.bit(),
      CHECKPOINT_READY.bit() | RESYNC_BEGIN.bit() | RESYNC_END.bit()),

  /** CLOSE came; what came before it is being logged. */
  CLOSING(PING.bit() | PONG.bit() | ERROR.bit(), 0),

  /** The session is over; what still comes is dropped until the peer has closed. */
  DEAD(0, 0);

  private final int accepted;
  private final int unsupported;

  ServerState(int accepted, int unsupported) {
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
}
