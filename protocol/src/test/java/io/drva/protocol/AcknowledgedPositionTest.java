package io.drva.protocol;

import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;

class AcknowledgedPositionTest {
  /** Another thread has given WELCOME, and nothing else has come of the session yet. */
  @Test
  void anAcknowledgementDoesNotFallBehindTheWelcome() {
    AcknowledgedPosition told = new AcknowledgedPosition();
    told.start(new ServerSession.Position(8914, 8900));
    assertNull(told.next(new ServerSession(null, null, null, null)));
  }
}
