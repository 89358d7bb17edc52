package io.drva.blobsink;

import java.io.IOException;
import java.util.List;

/**
 * An account of an object store: it holds one container per protected domain. Safe for use by
 * several threads.
 */
public interface ObjectStore extends AutoCloseable {
  /**
   * The container of a domain, which need not exist yet.
   *
   * @param domain the domain's name, which is the container's: 3 to 63 of {@code a-z 0-9 -}, no
   *     hyphen first, last or doubled
   * @throws IllegalArgumentException when the name breaks that rule
   */
  Container container(String domain);

  /** The names of the containers that hold a domain descriptor, in name order. */
  List<String> domains() throws IOException;

  /** Where this store is, for messages. Never holds credentials. */
  String location();

  /** Gives back what the store holds open. Operations under way may fail. */
  @Override
  void close();
}
