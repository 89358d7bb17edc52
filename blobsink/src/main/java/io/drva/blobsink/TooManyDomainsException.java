package io.drva.blobsink;

import java.io.IOException;

/** The memory for segments has no room for one more domain. */
public final class TooManyDomainsException extends IOException {
  private static final long serialVersionUID = 1;

  TooManyDomainsException(String domain, int domainsMax, Iterable<String> present) {
    super(
        "domain "
            + domain
            + ": the memory for segments serves "
            + domainsMax
            + (domainsMax == 1 ? " domain (" : " domains (")
            + String.join(", ", present)
            + "); make the segments smaller, or give the process more direct memory");
  }
}
