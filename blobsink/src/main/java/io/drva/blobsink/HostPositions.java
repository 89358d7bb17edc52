package io.drva.blobsink;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The positions of all hosts of a domain at one point of the chain. Immutable. */
public final class HostPositions {
  /** Of an empty chain. */
  public static final HostPositions NONE = new HostPositions(List.of());

  private final Map<String, HostPosition> byName;

  HostPositions(Collection<HostPosition> positions) {
    Map<String, HostPosition> map = new LinkedHashMap<>();
    for (HostPosition position : positions) {
      map.put(position.host(), position);
    }
    this.byName = map;
  }

  public Optional<HostPosition> of(String host) {
    return Optional.ofNullable(byName.get(host));
  }

  /** All of them, in the order of the chain's host table. */
  public List<HostPosition> all() {
    return List.copyOf(byName.values());
  }

  @Override
  public String toString() {
    return byName.values().toString();
  }
}
