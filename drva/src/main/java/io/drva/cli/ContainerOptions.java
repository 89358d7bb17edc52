package io.drva.cli;

import io.drva.appliance.ConfigFile;
import io.drva.blobsink.Container;
import io.drva.blobsink.ObjectStore;
import io.drva.blobsink.ObjectStores;
import java.io.IOException;
import picocli.CommandLine.Option;

/** The container that a command works on. */
final class ContainerOptions {
  @Option(
      names = "--store",
      required = true,
      paramLabel = "URI",
      description = "Object store: dir:PATH or azure:ENDPOINT (credentials from the environment).")
  private String store;

  @Option(
      names = "--domain",
      required = true,
      paramLabel = "NAME",
      description = "Protected domain.")
  private String domain;

  /** What a command does with the container. */
  interface Work {
    int on(Container container) throws IOException, OperatorException;
  }

  int with(Work work) throws IOException, OperatorException {
    if (!ConfigFile.isDomainName(domain)) {
      throw new OperatorException(
          Main.USAGE, "--domain: '" + domain + "' must be " + ConfigFile.DOMAIN_RULE);
    }
    try (ObjectStore opened = open(store)) {
      return work.on(opened.container(domain));
    }
  }

  /** Opens the store of the option {@code --store}. */
  static ObjectStore open(String address) throws IOException, OperatorException {
    try {
      return ObjectStores.open(address, System.getenv());
    } catch (IllegalArgumentException e) {
      throw new OperatorException(Main.USAGE, "--store: " + e.getMessage());
    }
  }
}
