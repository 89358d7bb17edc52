package io.drva.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks a running appliance through its control API. */
final class ControlClient implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final String address;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();

  /**
   * @param address HOST:PORT
   */
  ControlClient(String address) {
    this.address = address;
  }

  JsonNode get(String path) throws IOException, OperatorException, InterruptedException {
    return send(request(path).GET());
  }

  JsonNode put(String path, Object body)
      throws IOException, OperatorException, InterruptedException {
    return send(
        request(path)
            .PUT(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .header("Content-Type", "application/json"));
  }

  private HttpRequest.Builder request(String path) throws OperatorException {
    try {
      return HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(TIMEOUT);
    } catch (IllegalArgumentException e) {
      throw new OperatorException(
          Main.USAGE, "'" + address + "' is not an address like 127.0.0.1:7441");
    }
  }

  private JsonNode send(HttpRequest.Builder request)
      throws IOException, OperatorException, InterruptedException {
    HttpResponse<String> answer;
    try {
      answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (ConnectException e) {
      throw new OperatorException(
          Main.FAILED,
          "no appliance answers at " + address + ": start it, or give its address with --control");
    }
    JsonNode body;
    try {
      body = JSON.readTree(answer.body());
    } catch (JsonProcessingException e) {
      throw new OperatorException(Main.FAILED, address + " does not answer as an appliance does");
    }
    if (answer.statusCode() / 100 != 2) {
      throw new OperatorException(Main.FAILED, body.path("error").asText(answer.body()));
    }
    return body;
  }

  @Override
  public void close() {
    http.close();
  }
}
