package io.drva.protocol;

/** Decides on new sessions. */
@FunctionalInterface
public interface SessionAcceptor {
  /**
   * A valid HELLO came. Called on the session's event loop; must not block.
   *
   * <p>Later, from any thread, the implementation calls {@link ServerSession#welcome} with the
   * logged position, once every frame of earlier connections of this host is logged or dropped for
   * good, or {@link ServerSession#fail}. Until then the handler gets no frame; it gets {@link
   * SessionHandler#ended} if the connection goes first. How long that takes is not limited here:
   * the client gives up by itself.
   *
   * @return who gets the session's frames
   * @throws ProtocolException to refuse the session, for example with {@link
   *     ErrorCode#UNKNOWN_DOMAIN}
   */
  SessionHandler attach(ServerSession session) throws ProtocolException;
}
