package io.drva.kill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;

/** The control API of an appliance that dies and comes back. Any thread. */
final class Control implements AutoCloseable {
  private static final int NOWHERE = 0;

  private final HttpClient http = HttpClient.newHttpClient();

  /** The port of the present life; guarded by this. */
  private int port = NOWHERE;

  /** An answer of the control API. */
  record Answer(int status, JsonNode body) {}

  /** The appliance lives and listens on this port. */
  synchronized void at(int listening) {
    port = listening;
    notifyAll();
  }

  /** The appliance is dead. */
  synchronized void nowhere() {
    port = NOWHERE;
  }

  private synchronized int await() throws InterruptedException {
    while (port == NOWHERE) {
      wait();
    }
    return port;
  }

  /**
   * Asks until there is an answer, of this life or a later one. A life that ended without an answer
   * may have done what was asked.
   */
  Answer ask(String method, String path, String body) throws InterruptedException {
    Optional<Answer> answer = Optional.empty();
    while (answer.isEmpty()) {
      int asked = await();
      try {
        answer = Optional.of(askNow(asked, method, path, body));
      } catch (IOException died) {
        goneFrom(asked);
      }
    }
    return answer.get();
  }

  private synchronized void goneFrom(int asked) {
    if (port == asked) {
      port = NOWHERE;
    }
  }

  private Answer askNow(int asked, String method, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + asked + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = http.send(request, BodyHandlers.ofString());
    return new Answer(answer.statusCode(), new ObjectMapper().readTree(answer.body()));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
