package io.drva.protocol;

import java.util.UUID;

/**
 * A frame without data, which is rare enough to be an object of its own. Times are microseconds
 * since 1970 by the sender's clock. Extents, which are not rare, are {@link ExtentFrame}s.
 */
public sealed interface ControlFrame {
  /** The type under which this frame travels. */
  FrameType type();

  /** First frame of a connection; the layout is the same in every version. */
  record Hello(
      int versionMin,
      int versionMax,
      UUID incarnation,
      long clientTimeMicros,
      String host,
      String domain,
      String software)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.HELLO;
    }
  }

  /** The answer to HELLO once the logged position is known. */
  record Welcome(
      int version,
      int dataBytesMax,
      int windowBytes,
      int streamsMax,
      int idleTimeoutMs,
      long loggedSeq,
      long replicatedSeq,
      long serverTimeMicros)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.WELCOME;
    }
  }

  /** Binds a stream number (unsigned) to a disk. */
  record Open(int stream, int sectorBytes, long capacityBytes, String vm, String disk)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.OPEN;
    }
  }

  /** The domain's number of the disk. */
  record Opened(int stream, int disk) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.OPENED;
    }
  }

  /** Cumulative acknowledgement of both durability levels. */
  record Ack(long loggedSeq, long replicatedSeq) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.ACK;
    }
  }

  /** A new window. */
  record Credit(int windowBytes) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.CREDIT;
    }
  }

  /** 0 normal, 1 throttle, 2 bitmap. */
  record Pressure(int level) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.PRESSURE;
    }
  }

  /** Refused in version 1. */
  record CheckpointPrepare(long checkpoint, int holdMsMax) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.CHECKPOINT_PREPARE;
    }
  }

  /** Refused in version 1. */
  record CheckpointReady(long seq, long checkpoint) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.CHECKPOINT_READY;
    }
  }

  /** Refused in version 1. */
  record CheckpointCommit(long checkpoint) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.CHECKPOINT_COMMIT;
    }
  }

  /** Refused in version 1. */
  record ResyncBegin(long seq, long timeMicros, int stream) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.RESYNC_BEGIN;
    }
  }

  /** Refused in version 1. */
  record ResyncEnd(long seq, long timeMicros, int stream) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.RESYNC_END;
    }
  }

  /** Asks for a {@link Pong}. */
  record Ping(long originMicros) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.PING;
    }
  }

  /** The answer to a {@link Ping}, with a clock sample. */
  record Pong(long originMicros, long receivedMicros, long sentMicros) implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.PONG;
    }
  }

  /** The orderly end: 0 done, 1 shutting down. */
  record Close(int reason) implements ControlFrame {
    static final int DONE = 0;
    static final int SHUTTING_DOWN = 1;

    @Override
    public FrameType type() {
      return FrameType.CLOSE;
    }
  }

  /** Why the sender ends the session. */
  record Failure(ErrorCode code, long frameOffset, long seq, String message)
      implements ControlFrame {
    @Override
    public FrameType type() {
      return FrameType.ERROR;
    }
  }
}
