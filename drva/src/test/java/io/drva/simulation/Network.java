package io.drva.simulation;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The network between hosts and appliances, and what can go wrong with it. */
final class Network {
  private static final long DELAY_NANOS_MIN = TimeUnit.MICROSECONDS.toNanos(20);
  private static final long DELAY_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(2);
  private static final int APPLIANCE_PORT = 7440;

  private final Scheduler scheduler;
  private final SplittableRandom random;
  private final Faults faults;
  private int nextPort = 20_000;

  Network(Scheduler scheduler, SplittableRandom random, Faults faults) {
    this.scheduler = scheduler;
    this.random = random;
    this.faults = faults;
  }

  /** The way of one host to the appliance. */
  final class Route {
    private final Set<Connection> connections = new LinkedHashSet<>();
    private final InetSocketAddress appliance = address(1, APPLIANCE_PORT);
    private final int host;
    private long slowUntilNanos;
    private long stalledUntilNanos;

    private Route(int host) {
      this.host = host;
    }

    InetSocketAddress appliance() {
      return appliance;
    }

    /** What comes of an attempt to connect; it takes so long to know. */
    long connectNanos() {
      return Math.max(0, stalledUntilNanos - scheduler.nanos()) + 2 * delayNanos(this);
    }

    Connection connect() {
      Connection connection = new Connection(this, address(host, nextPort++));
      connections.removeIf(Connection::isOver);
      connections.add(connection);
      return connection;
    }

    /** Everything takes long for a while. */
    void slow(long forNanos) {
      slowUntilNanos = scheduler.nanos() + forNanos;
    }

    /** Nothing comes through for a while; then all of it does. */
    void stall(long forNanos) {
      stalledUntilNanos = scheduler.nanos() + forNanos;
      connections.forEach(c -> c.stall(forNanos));
    }

    /** What stands breaks, on both sides, at some byte. */
    void breakConnections() {
      connections.forEach(c -> c.breakSoon(random.nextInt(64 << 10)));
    }

    /** What stands is forgotten in between: nobody is told. */
    void swallow() {
      connections.forEach(Connection::swallow);
    }

    /** The host takes what stands for broken; the appliance will see what was sent, and the end. */
    void giveUp() {
      connections.forEach(c -> c.client.reset());
    }

    /** The kernel of the appliance's machine ends them. */
    void reset() {
      connections.forEach(Connection::reset);
    }
  }

  /** A connection; its ends are {@link #client} and {@link #server}. */
  final class Connection {
    private final Pipe toServer;
    private final Pipe toClient;
    final SimulatedChannel client;
    final SimulatedChannel server;

    private Connection(Route route, InetSocketAddress from) {
      toServer = new Pipe(scheduler, random.split(), () -> delayNanos(route), this::reset);
      toClient = new Pipe(scheduler, random.split(), () -> delayNanos(route), this::reset);
      client = new SimulatedChannel(from, route.appliance, toClient, toServer);
      server = new SimulatedChannel(route.appliance, from, toServer, toClient);
    }

    /** What the server says. */
    Pipe toClient() {
      return toClient;
    }

    /** What the client says. */
    Pipe toServer() {
      return toServer;
    }

    /** Whether the server has not closed it. */
    boolean isServed() {
      return server.isOpen();
    }

    void closeServer() {
      var _ = server.close();
    }

    private boolean isOver() {
      return !client.isOpen() && !server.isOpen();
    }

    private void stall(long forNanos) {
      toServer.stall(forNanos);
      toClient.stall(forNanos);
    }

    private void breakSoon(long bytes) {
      faults.count(Faults.Kind.CONNECTION_BROKEN);
      (random.nextBoolean() ? toServer : toClient).breakAfter(bytes);
    }

    private void swallow() {
      faults.count(Faults.Kind.CONNECTION_HALF_OPEN);
      int directions = random.nextInt(1, 4);
      if ((directions & 1) != 0) {
        toServer.swallow();
      }
      if ((directions & 2) != 0) {
        toClient.swallow();
      }
    }

    private void reset() {
      scheduler.after(random.nextLong(DELAY_NANOS_MAX), toServer::reset);
      scheduler.after(random.nextLong(DELAY_NANOS_MAX), toClient::reset);
    }
  }

  Route route(int host) {
    return new Route(host);
  }

  private long delayNanos(Route route) {
    long delay = random.nextLong(DELAY_NANOS_MIN, DELAY_NANOS_MAX);
    return scheduler.nanos() < route.slowUntilNanos ? delay * random.nextInt(1, 500) : delay;
  }

  private static InetSocketAddress address(int host, int port) {
    try {
      byte[] bytes = {10, 0, (byte) (host >>> 8), (byte) host};
      return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four bytes are an address", e);
    }
  }
}
