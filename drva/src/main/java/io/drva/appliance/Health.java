package io.drva.appliance;

import java.util.List;

/** What {@code /health} answers: whether everything works, and what does not. */
public record Health(boolean healthy, List<String> problems) {
  static Health of(List<String> problems) {
    return new Health(problems.isEmpty(), List.copyOf(problems));
  }
}
