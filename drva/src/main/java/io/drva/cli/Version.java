package io.drva.cli;

import picocli.CommandLine.IVersionProvider;

/** The version from the jar's manifest, with the formats that it writes. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "drva " + (version == null ? "(not packaged)" : version) + ", protocol 1, object format 1"
    };
  }
}
