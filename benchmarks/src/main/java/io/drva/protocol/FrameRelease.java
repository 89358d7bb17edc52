package io.drva.protocol;

/** When the owner of a frame that was read gives it back, which decides how memory is reused. */
public enum FrameRelease {
  /** Before the next frame: one receive buffer is used all the time. */
  AT_ONCE {
    @Override
    HeldFrames start() {
      return new HeldFrames.None();
    }
  },

  /** By another thread, as the log writer does. */
  BY_OTHER_THREAD {
    @Override
    HeldFrames start() {
      return new HeldFrames.Handover();
    }
  };

  abstract HeldFrames start();
}
