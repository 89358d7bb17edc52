package io.drva.appliance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
 * </ul>
 */
final class ControlApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlApi.class);
  private static final String DOMAINS = "/v1/domains";
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
        answer = answer(exchange.getRequestMethod(), exchange.getRequestURI().getPath());
      } catch (AssignmentException e) {
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

  private Answer answer(String method, String path) throws IOException, AssignmentException {
    if (method.equals("GET")) {
      switch (path) {
        case "/health" -> {
          Health health = appliance.health();
          return Answer.json(health.healthy() ? 200 : 503, health);
        }
        case "/metrics" -> {
          return new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape());
        }
        case DOMAINS -> {
          return Answer.json(200, appliance.domains().all().stream().map(Domain::status).toList());
        }
        default -> {
          if (path.startsWith(DOMAINS + "/")) {
            String name = path.substring(DOMAINS.length() + 1);
            Domain domain = appliance.domains().get(name);
            return domain == null
                ? Answer.error(404, "domain '" + name + "' is not assigned to this appliance")
                : Answer.json(200, domain.status());
          }
        }
      }
    } else if (method.equals("PUT") && path.startsWith(DOMAINS + "/")) {
      return Answer.json(
          200, appliance.domains().assign(path.substring(DOMAINS.length() + 1)).status());
    }
    return Answer.error(404, "no such resource: " + method + " " + path);
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdown();
  }
}
