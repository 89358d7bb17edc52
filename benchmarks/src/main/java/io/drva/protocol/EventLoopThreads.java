package io.drva.protocol;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Has JMH measure on threads of the kind that event loops are: on any other, Netty's recycler keeps
 * no objects, and frames and slices would be garbage that the server never makes.
 */
public final class EventLoopThreads extends ThreadPoolExecutor {
  static final String CUSTOM = "-Djmh.executor=CUSTOM";
  static final String CLASS = "-Djmh.executor.class=io.drva.protocol.EventLoopThreads";

  /** Called by JMH. */
  public EventLoopThreads(int threads, String prefix) {
    super(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        new DefaultThreadFactory(prefix, /* daemon= */ true));
  }
}
