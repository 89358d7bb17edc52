package io.drva.blobsink;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/** Opens object stores by address. */
public final class ObjectStores {
  private static final String DIRECTORY = "dir:";
  private static final String AZURE = "azure:";
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9](-?[a-z0-9])*");
  private static final int DOMAIN_CHARS_MIN = 3;
  private static final int DOMAIN_CHARS_MAX = 63;
  private static final Pattern OBJECT =
      Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*");

  private ObjectStores() {}

  /**
   * Checks the form of an address, without opening anything.
   *
   * @throws IllegalArgumentException when it is neither {@code dir:PATH} nor {@code azure:ENDPOINT}
   */
  public static void checkAddress(String uri) {
    if (uri.startsWith(AZURE) && uri.length() > AZURE.length()) {
      AzureObjectStore.checkEndpoint(uri.substring(AZURE.length()));
    } else if (uri.startsWith(DIRECTORY) && uri.length() > DIRECTORY.length()) {
      var _ = Path.of(uri.substring(DIRECTORY.length()));
    } else {
      throw new IllegalArgumentException(
          "not an object store: '"
              + uri
              + "'; use dir:PATH or azure:https://ACCOUNT.blob.core.windows.net");
    }
  }

  /**
   * Opens {@code dir:PATH} or {@code azure:ENDPOINT}, where ENDPOINT is the account's blob
   * endpoint, an http(s) address. Opening creates nothing.
   *
   * @param environment where the credentials of an Azure account come from: {@code
   *     AZURE_STORAGE_CONNECTION_STRING}, or {@code AZURE_STORAGE_ACCOUNT} and {@code
   *     AZURE_STORAGE_KEY}, or {@code AZURE_STORAGE_SAS_TOKEN}; the first that is set is used
   * @throws IllegalArgumentException as {@link #checkAddress} does
   */
  public static ObjectStore open(String uri, Map<String, String> environment) throws IOException {
    checkAddress(uri);
    return uri.startsWith(AZURE)
        ? AzureObjectStore.open(uri.substring(AZURE.length()), environment)
        : DirectoryObjectStore.open(Path.of(uri.substring(DIRECTORY.length())));
  }

  static String checkDomain(String domain) {
    if (domain.length() < DOMAIN_CHARS_MIN
        || domain.length() > DOMAIN_CHARS_MAX
        || !DOMAIN.matcher(domain).matches()) {
      throw new IllegalArgumentException(
          "not a domain name: '"
              + domain
              + "'; 3 to 63 of a-z, 0-9 and single hyphens between them");
    }
    return domain;
  }

  static boolean isDomain(String name) {
    return name.length() >= DOMAIN_CHARS_MIN
        && name.length() <= DOMAIN_CHARS_MAX
        && DOMAIN.matcher(name).matches();
  }

  static String checkObject(String object) {
    if (!OBJECT.matcher(object).matches()) {
      throw new IllegalArgumentException("not an object name: '" + object + "'");
    }
    return object;
  }
}
