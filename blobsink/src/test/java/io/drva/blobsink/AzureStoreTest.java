package io.drva.blobsink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store for Azure Blob, against Azurite. */
final class AzureStoreTest extends StoreContract {
  @TempDir static Path data;

  private static Azurite azurite;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    azurite = Azurite.start(data);
  }

  @AfterAll
  static void stop() {
    if (azurite != null) {
      azurite.close();
    }
  }

  @Override
  ObjectStore store() {
    return open(azurite.uri(), azurite.environment());
  }

  @Test
  void aWrongKeyIsDeniedAndNeverShown() throws IOException {
    String wrong = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";
    ObjectStore store =
        open(
            azurite.uri(), Map.of("AZURE_STORAGE_ACCOUNT", "drvatest", "AZURE_STORAGE_KEY", wrong));
    StoreException denied =
        assertThrows(StoreException.class, () -> store.container("wrong-key").createIfAbsent());
    assertEquals(StoreException.Reason.DENIED, denied.reason());
    assertHides(wrong, store, denied);
  }

  @Test
  void malformedCredentialsAreNeverShown() {
    for (Map<String, String> environment :
        List.of(
            Map.of("AZURE_STORAGE_CONNECTION_STRING", "AccountKey-sesame-nonsense"),
            Map.of("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=sesame"),
            Map.of("AZURE_STORAGE_ACCOUNT", "a", "AZURE_STORAGE_KEY", "sesame!"),
            Map.of("AZURE_STORAGE_ACCOUNT", "a"))) {
      try {
        ObjectStore store = ObjectStores.open(azurite.uri(), environment);
        StoreException denied =
            assertThrows(StoreException.class, () -> store.container("wrong-key").createIfAbsent());
        assertHides("sesame", store, denied);
      } catch (IOException e) {
        assertHides("sesame", azurite, e);
      }
    }
  }

  private static void assertHides(String secret, Object store, Exception e) {
    StringWriter trace = new StringWriter();
    e.printStackTrace(new PrintWriter(trace));
    assertFalse(trace.toString().contains(secret));
    assertFalse(store.toString().contains(secret));
  }

  @Test
  void anUnreachableAccountIsSaidToBe() throws IOException {
    String nobody = "azure:http://127.0.0.1:1/drvatest";
    ObjectStore store = open(nobody, azurite.environment());
    StoreException unavailable =
        assertThrows(StoreException.class, () -> store.container("nobody").createIfAbsent());
    assertEquals(StoreException.Reason.UNAVAILABLE, unavailable.reason());
  }
}
