package io.drva.protocol;

import static io.drva.protocol.FrameType.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every type in every state, against the tables of section 4 of the specification. */
final class StateTablesTest {
  private static final Map<ServerState, Set<FrameType>> SERVER =
      Map.of(
          ServerState.CONNECTED, EnumSet.of(HELLO),
          ServerState.ATTACHING, EnumSet.noneOf(FrameType.class),
          ServerState.ESTABLISHED,
              EnumSet.of(OPEN, WRITE, ZERO, DISCARD, BASELINE, PING, PONG, CLOSE, ERROR),
          ServerState.CLOSING, EnumSet.of(PING, PONG, ERROR),
          ServerState.DEAD, EnumSet.noneOf(FrameType.class));

  private static final Set<FrameType> ANSWERS =
      EnumSet.of(OPENED, ACK, CREDIT, PRESSURE, PING, PONG, CLOSE, ERROR);

  private static final Map<ClientState, Set<FrameType>> CLIENT =
      Map.of(
          ClientState.GREETED,
          EnumSet.of(WELCOME, ERROR),
          ClientState.ESTABLISHED,
          ANSWERS,
          ClientState.CLOSING,
          ANSWERS,
          ClientState.DEAD,
          EnumSet.noneOf(FrameType.class));

  private static final Set<FrameType> UNSUPPORTED_BY_SERVER =
      EnumSet.of(CHECKPOINT_READY, RESYNC_BEGIN, RESYNC_END);
  private static final Set<FrameType> UNSUPPORTED_BY_CLIENT =
      EnumSet.of(CHECKPOINT_PREPARE, CHECKPOINT_COMMIT);

  @Test
  void theServerAcceptsWhatItsTableSays() {
    for (ServerState state : ServerState.values()) {
      for (FrameType type : FrameType.values()) {
        boolean unsupported =
            state == ServerState.ESTABLISHED && UNSUPPORTED_BY_SERVER.contains(type);
        assertEquals(
            expected(SERVER.get(state).contains(type), unsupported),
            outcome(() -> state.accept(type)),
            state + " " + type);
      }
    }
  }

  @Test
  void theClientAcceptsWhatItsTableSays() {
    for (ClientState state : ClientState.values()) {
      for (FrameType type : FrameType.values()) {
        boolean unsupported =
            state == ClientState.ESTABLISHED && UNSUPPORTED_BY_CLIENT.contains(type);
        assertEquals(
            expected(CLIENT.get(state).contains(type), unsupported),
            outcome(() -> state.accept(type)),
            state + " " + type);
      }
    }
  }

  private interface Acceptance {
    void check() throws ProtocolException;
  }

  private static String expected(boolean accepted, boolean unsupported) {
    return accepted ? "accepted" : unsupported ? "UNSUPPORTED" : "WRONG_STATE";
  }

  private static String outcome(Acceptance acceptance) {
    try {
      acceptance.check();
      return "accepted";
    } catch (ProtocolException e) {
      return e.code().name();
    }
  }
}
