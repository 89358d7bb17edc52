package io.drva.protocol;

import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Everything a {@link HostClient} needs to know.
 *
 * @param address the DRVA; an unresolved address is resolved at every attempt
 * @param host name of this host
 * @param domain name of the domain
 * @param software name and version of the client, at most 64 bytes
 * @param incarnation what the sequence numbers belong to; new whenever the client starts with empty
 *     memory
 * @param retainedBytesMax bytes of frames, with their bookkeeping, that are kept until the server
 *     has logged them, connected or not: the producers' limit. What is sent of them is limited by
 *     the server's window as well
 * @param dataBytesMax largest data of one frame that the client makes; longer writes are split
 * @param connectTimeoutMs how long one attempt may take until the connection stands
 * @param welcomeTimeoutMs how long the server may take to answer HELLO
 * @param reconnectMinMs delay before the first new attempt; doubles until {@code reconnectMaxMs},
 *     of each up to half is taken off at random
 * @param reconnectMaxMs longest delay between attempts
 * @param attemptsMax attempts without a lasting session after which the client fails for good
 * @param closeTimeoutMs how long {@link HostClient#close} waits until everything is logged
 * @param listener told what happens
 * @param eventLoops where the client runs; null for a thread of its own
 * @param wallClockMicros microseconds since 1970; called by producers and the event loop
 * @param random for the reconnect delays; called on the event loop
 */
public record ClientOptions(
    InetSocketAddress address,
    String host,
    String domain,
    String software,
    UUID incarnation,
    long retainedBytesMax,
    int dataBytesMax,
    int connectTimeoutMs,
    int welcomeTimeoutMs,
    int reconnectMinMs,
    int reconnectMaxMs,
    int attemptsMax,
    int closeTimeoutMs,
    HostClient.Listener listener,
    EventLoopGroup eventLoops,
    LongSupplier wallClockMicros,
    RandomGenerator random) {

  public static final long RETAINED_BYTES_MIN = 64 << 10;
  public static final long RETAINED_BYTES_HIGHEST = 1L << 40;
  public static final int TIMEOUT_MS_MAX = 3_600_000;

  public ClientOptions {
    Objects.requireNonNull(address, "address");
    Objects.requireNonNull(incarnation, "incarnation");
    Objects.requireNonNull(listener, "listener");
    Objects.requireNonNull(wallClockMicros, "wallClockMicros");
    Objects.requireNonNull(random, "random");
    if (!Names.isName(host)) {
      throw new IllegalArgumentException("not a host name: " + host);
    }
    if (!Names.isDomain(domain)) {
      throw new IllegalArgumentException("not a domain name: " + domain);
    }
    Checks.range(
        "bytes of software",
        software.getBytes(StandardCharsets.UTF_8).length,
        0,
        Wire.SOFTWARE_BYTES_MAX);
    Checks.range("retainedBytesMax", retainedBytesMax, RETAINED_BYTES_MIN, RETAINED_BYTES_HIGHEST);
    Checks.range(
        "dataBytesMax", dataBytesMax, Wire.DATA_BYTES_MAX_LOWEST, Wire.DATA_BYTES_MAX_HIGHEST);
    Checks.range("connectTimeoutMs", connectTimeoutMs, 1, TIMEOUT_MS_MAX);
    Checks.range("welcomeTimeoutMs", welcomeTimeoutMs, 1, TIMEOUT_MS_MAX);
    Checks.range("reconnectMinMs", reconnectMinMs, 1, TIMEOUT_MS_MAX);
    Checks.range("reconnectMaxMs", reconnectMaxMs, reconnectMinMs, TIMEOUT_MS_MAX);
    Checks.range("attemptsMax", attemptsMax, 1, Integer.MAX_VALUE);
    Checks.range("closeTimeoutMs", closeTimeoutMs, 0, TIMEOUT_MS_MAX);
  }

  /** Options with the defaults for everything that is not named. */
  public static Builder builder(InetSocketAddress address, String host, String domain) {
    return new Builder(address, host, domain);
  }

  /** Collects options; each method is named after the component it sets. */
  public static final class Builder {
    private static final HostClient.Listener SILENT = new HostClient.Listener() {};

    private final InetSocketAddress address;
    private final String host;
    private final String domain;
    private String software = "drva-client";
    private UUID incarnation = UUID.randomUUID();
    private long retainedBytesMax = 64 << 20;
    private int dataBytesMax = Wire.DATA_BYTES_MAX_USUAL;
    private int connectTimeoutMs = 10_000;
    private int welcomeTimeoutMs = 60_000;
    private int reconnectMinMs = 100;
    private int reconnectMaxMs = 10_000;
    private int attemptsMax = Integer.MAX_VALUE;
    private int closeTimeoutMs = 30_000;
    private HostClient.Listener listener = SILENT;
    private EventLoopGroup eventLoops;
    private LongSupplier wallClockMicros = new WallClock();
    private RandomGenerator random = RandomGenerator.getDefault();

    private Builder(InetSocketAddress address, String host, String domain) {
      this.address = address;
      this.host = host;
      this.domain = domain;
    }

    public Builder software(String software) {
      this.software = software;
      return this;
    }

    public Builder incarnation(UUID incarnation) {
      this.incarnation = incarnation;
      return this;
    }

    public Builder retainedBytesMax(long retainedBytesMax) {
      this.retainedBytesMax = retainedBytesMax;
      return this;
    }

    public Builder dataBytesMax(int dataBytesMax) {
      this.dataBytesMax = dataBytesMax;
      return this;
    }

    public Builder connectTimeoutMs(int connectTimeoutMs) {
      this.connectTimeoutMs = connectTimeoutMs;
      return this;
    }

    public Builder welcomeTimeoutMs(int welcomeTimeoutMs) {
      this.welcomeTimeoutMs = welcomeTimeoutMs;
      return this;
    }

    public Builder reconnectMs(int reconnectMinMs, int reconnectMaxMs) {
      this.reconnectMinMs = reconnectMinMs;
      this.reconnectMaxMs = reconnectMaxMs;
      return this;
    }

    public Builder attemptsMax(int attemptsMax) {
      this.attemptsMax = attemptsMax;
      return this;
    }

    public Builder closeTimeoutMs(int closeTimeoutMs) {
      this.closeTimeoutMs = closeTimeoutMs;
      return this;
    }

    public Builder listener(HostClient.Listener listener) {
      this.listener = listener;
      return this;
    }

    public Builder eventLoops(EventLoopGroup eventLoops) {
      this.eventLoops = eventLoops;
      return this;
    }

    public Builder wallClockMicros(LongSupplier wallClockMicros) {
      this.wallClockMicros = wallClockMicros;
      return this;
    }

    public Builder random(RandomGenerator random) {
      this.random = random;
      return this;
    }

    public ClientOptions build() {
      return new ClientOptions(
          address,
          host,
          domain,
          software,
          incarnation,
          retainedBytesMax,
          dataBytesMax,
          connectTimeoutMs,
          welcomeTimeoutMs,
          reconnectMinMs,
          reconnectMaxMs,
          attemptsMax,
          closeTimeoutMs,
          listener,
          eventLoops,
          wallClockMicros,
          random);
    }
  }
}
