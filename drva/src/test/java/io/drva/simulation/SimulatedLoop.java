package io.drva.simulation;

import io.netty.channel.EventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.ManualIoEventLoop;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One of Netty's event loops, on a scheduler's threads and time. */
final class SimulatedLoop {
  private final ManualIoEventLoop loop;
  private final Thread thread;
  private boolean stopped;

  /** Starts on a thread of its own. */
  SimulatedLoop(Scheduler scheduler, Scheduler.SimulatedProcess process, String name) {
    thread = process.newThread(this::run);
    thread.setName(name);
    loop =
        new ManualIoEventLoop(
            null, thread, executor -> new Waiting(scheduler, thread), new Time(scheduler));
    thread.start();
  }

  private void run() {
    while (!stopped) {
      loop.run(0);
    }
  }

  EventLoop loop() {
    return loop;
  }

  /** Its thread ends; what it still has to do is not done. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  private record Time(Scheduler scheduler) implements Ticker {
    @Override
    public long nanoTime() {
      return scheduler.nanos();
    }

    @Override
    public long initialNanoTime() {
      return 0;
    }

    @Override
    public void sleep(long delay, TimeUnit unit) {
      scheduler.sleep(unit.toNanos(delay));
    }
  }

  /** Input and output come as tasks; all that is left is to wait for them. */
  private record Waiting(Scheduler scheduler, Thread thread) implements IoHandler {
    @Override
    public int run(IoHandlerContext context) {
      if (context.canBlock()) {
        scheduler.park(context.delayNanos(scheduler.nanos()));
      }
      return 0;
    }

    @Override
    public void wakeup() {
      LockSupport.unpark(thread);
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new UnsupportedOperationException("simulated channels need no registration");
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return false;
    }
  }
}
