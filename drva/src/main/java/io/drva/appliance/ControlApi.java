package io.drva.appliance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control API over HTTP on loopback, JSON in and out:
 *
 * <ul>
 *   <li>{@code GET /health}: 200 when every domain works, 503 with the reasons otherwise
 *   <li>{@code GET /metrics}: Prometheus text
 *   <li>{@code GET /v1/domains}, {@code GET /v1/domains/NAME}: domains with their state
 *   <li>{@code PUT /v1/domains/NAME}: assigns the domain to this appliance; idempotent
 *   <li>{@code DELETE /v1/domains/NAME}: unassigns a domain that is fully replicated
 *   <li>{@code POST /v1/domains/NAME/takeover}: assigns a domain that this volume has no log of
 *   <li>{@code GET /v1/volume}: the log store volume
 *   <li>{@code PUT /v1/volume} with {@code {"sizeBytes": N}}: has it grow, in the background
 * </ul>
 */
final class ControlApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlApi.class);
  private static final String DOMAINS = "/v1/domains";
  private static final String VOLUME = "/v1/volume";
  private static final Pattern DOMAIN = Pattern.compile(DOMAINS + "/([^/]*)(/takeover)?");
  private static final int BODY_BYTES_MAX = 4096;
  private static final int THREADS = 2;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Appliance appliance;
  private final PrometheusMeterRegistry metrics;
  private final HttpServer server;
  private final ExecutorService executor;

  private record Answer(int status, String contentType, String body) {
    static Answer json(int status, Object value) throws IOException {
      return new Answer(status, "application/json", JSON.writeValueAsString(value));
    }

    static Answer error(int status, String message) throws IOException {
      return json(status, Map.of("error", message));
    }
  }

  private ControlApi(
      Appliance appliance, PrometheusMeterRegistry metrics, InetSocketAddress address)
      throws IOException {
    this.appliance = appliance;
    this.metrics = metrics;
    server = HttpServer.create(address, 0);
    executor =
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("control-", 0).daemon().factory());
    server.setExecutor(executor);
    server.createContext("/", this::handle);
    server.start();
  }

  static ControlApi start(
      Appliance appliance, PrometheusMeterRegistry metrics, InetSocketAddress address)
      throws IOException {
    try {
      return new ControlApi(appliance, metrics, address);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on " + address + " for the control API: " + e.getMessage(), e);
    }
  }

  InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (ControlException e) {
        answer = Answer.error(e.status(), e.getMessage());
      } catch (RuntimeException e) {
        LOG.error("control request {} failed", exchange.getRequestURI(), e);
        answer = Answer.error(500, "internal error; see the appliance's log");
      }
      exchange.getResponseHeaders().set("Content-Type", answer.contentType);
      byte[] body = answer.body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException, ControlException {
    String method = exchange.getRequestMethod();
    String path = exchange.getRequestURI().getPath();
    return switch (method + " " + path) {
      case "GET /health" -> {
        Health health = appliance.health();
        yield Answer.json(health.healthy() ? 200 : 503, health);
      }
      case "GET /metrics" ->
          new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
      case "GET " + DOMAINS ->
          Answer.json(200, appliance.domains().all().stream().map(Domain::status).toList());
      case "GET " + VOLUME -> Answer.json(200, appliance.volume().status());
      case "PUT " + VOLUME -> {
        appliance.volume().grow(sizeBytes(exchange));
        yield Answer.json(202, appliance.volume().status());
      }
      default -> {
        Matcher domain = DOMAIN.matcher(path);
        yield domain.matches()
            ? answer(method + Objects.requireNonNullElse(domain.group(2), ""), domain.group(1))
            : notFound(method, path);
      }
    };
  }

  private Answer answer(String action, String domain) throws IOException, ControlException {
    Domains domains = appliance.domains();
    return switch (action) {
      case "GET" ->
          domains.get(domain) == null
              ? Answer.error(404, "domain '" + domain + "' is not assigned to this appliance")
              : Answer.json(200, domains.get(domain).status());
      case "PUT" -> Answer.json(200, domains.assign(domain).status());
      case "DELETE" -> {
        domains.unassign(domain);
        yield Answer.json(200, Map.of("unassigned", domain));
      }
      case "POST/takeover" -> Answer.json(200, domains.takeOver(domain).status());
      default -> notFound(action, DOMAINS + "/" + domain);
    };
  }

  private static Answer notFound(String method, String path) throws IOException {
    return Answer.error(404, "no such resource: " + method + " " + path);
  }

  private static long sizeBytes(HttpExchange exchange) throws IOException, ControlException {
    try {
      JsonNode size =
          JSON.readTree(exchange.getRequestBody().readNBytes(BODY_BYTES_MAX)).path("sizeBytes");
      if (size.canConvertToLong()) {
        return size.asLong();
      }
    } catch (JsonProcessingException e) {
      throw new ControlException(400, "the body is not JSON: " + e.getOriginalMessage(), e);
    }
    throw new ControlException(400, "the body must be {\"sizeBytes\": N}");
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdown();
  }
}
