package io.drva.blobsink;

import com.azure.core.http.HttpClient;
import com.azure.core.http.netty.NettyAsyncHttpClientBuilder;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.models.BlobContainerItem;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** A storage account of Azure Blob, or of what speaks its protocol. */
final class AzureObjectStore implements ObjectStore {
  /** Attempts within one operation; the shipper repeats the operation itself. */
  private static final int TRIES_MAX = 4;

  private static final Duration TRY_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration RETRY_DELAY = Duration.ofMillis(500);
  private static final Duration RETRY_DELAY_MAX = Duration.ofSeconds(5);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  /** One for the process: its connections and event loops serve all accounts. */
  private static final class SharedHttp {
    static final HttpClient CLIENT =
        new NettyAsyncHttpClientBuilder().connectTimeout(CONNECT_TIMEOUT).build();
  }

  private final BlobServiceClient client;
  private final String location;

  private AzureObjectStore(BlobServiceClient client, String location) {
    this.client = client;
    this.location = location;
  }

  static AzureObjectStore open(String endpoint, Map<String, String> environment)
      throws StoreException {
    String location = "azure:" + endpoint;
    BlobServiceClientBuilder builder =
        new BlobServiceClientBuilder()
            .httpClient(SharedHttp.CLIENT)
            .retryOptions(
                new RequestRetryOptions(
                    RetryPolicyType.EXPONENTIAL,
                    TRIES_MAX,
                    TRY_TIMEOUT,
                    RETRY_DELAY,
                    RETRY_DELAY_MAX,
                    null));
    try {
      AzureCredentials.apply(builder, environment, endpoint.startsWith("https:"));
      return new AzureObjectStore(builder.endpoint(endpoint).buildClient(), location);
    } catch (AzureCredentials.MalformedException e) {
      throw StoreException.ofStore(
          StoreException.Reason.DENIED, "open", location, e.getMessage(), null);
    } catch (IllegalArgumentException e) {
      // The library quotes what it could not read: the credential. Neither message nor cause may
      // pass it on.
      throw StoreException.ofStore(
          StoreException.Reason.DENIED,
          "open",
          location,
          "the credentials in the environment are malformed; check the AZURE_STORAGE_ variables",
          null);
    }
  }

  static void checkEndpoint(String endpoint) {
    URI uri;
    try {
      uri = new URI(endpoint);
    } catch (URISyntaxException e) {
      uri = URI.create("");
    }
    boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
    if (!http
        || uri.getHost() == null
        || uri.getRawQuery() != null
        || uri.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "the endpoint of an Azure account is an http(s) address without a query, like"
              + " https://ACCOUNT.blob.core.windows.net; a SAS token goes into AZURE_STORAGE_SAS_TOKEN");
    }
  }

  @Override
  public Container container(String domain) {
    return new AzureContainer(
        client.getBlobContainerClient(ObjectStores.checkDomain(domain)),
        domain,
        location + "/" + domain);
  }

  @Override
  public List<String> domains() throws StoreException {
    List<String> names = new ArrayList<>();
    try {
      for (BlobContainerItem item : client.listBlobContainers()) {
        if (ObjectStores.isDomain(item.getName())
            && container(item.getName()).stat(ObjectNames.DESCRIPTOR).isPresent()) {
          names.add(item.getName());
        }
      }
    } catch (RuntimeException e) {
      AzureFailure failure = AzureFailure.of(e);
      throw StoreException.ofStore(
          failure.reason(), "list", location, failure.hint(), failure.cause());
    }
    Collections.sort(names);
    return names;
  }

  @Override
  public String location() {
    return location;
  }

  @Override
  public void close() {
    // The HTTP client is the process's.
  }

  @Override
  public String toString() {
    return location;
  }
}
