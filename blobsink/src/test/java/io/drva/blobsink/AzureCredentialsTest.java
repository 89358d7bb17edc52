package io.drva.blobsink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import com.azure.storage.common.StorageSharedKeyCredential;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every kind of credential that is a text, where it may come from, and its renewal. */
class AzureCredentialsTest {
  private static final String WRONG_KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQ=";

  @TempDir static Path data;
  private static Azurite azurite;
  private static String account;
  private static String key;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    azurite = Azurite.start(data);
    account = azurite.environment().get("AZURE_STORAGE_ACCOUNT");
    key = azurite.environment().get("AZURE_STORAGE_KEY");
  }

  @AfterAll
  static void stop() {
    if (azurite != null) {
      azurite.close();
    }
  }

  private static BlobServiceClientBuilder sdk() {
    return new BlobServiceClientBuilder()
        .endpoint(azurite.uri().substring("azure:".length()))
        .credential(new StorageSharedKeyCredential(account, key));
  }

  private static String containerSas(String container, String permissions) {
    return sdk()
        .buildClient()
        .getBlobContainerClient(container)
        .generateSas(
            new BlobServiceSasSignatureValues(
                OffsetDateTime.now(ZoneOffset.UTC).plusHours(1),
                BlobContainerSasPermission.parse(permissions)));
  }

  private static ObjectContent content(String text) {
    return ObjectContent.of(ByteBuffer.wrap(text.getBytes(UTF_8)));
  }

  /** As whoever renews a credential writes it: a reader sees the old file or the new one. */
  private static void renew(Path file, String text) throws IOException {
    Path next = file.resolveSibling("next");
    Files.writeString(next, text + "\n");
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @ParameterizedTest
  @CsvSource({
    "AZURE_STORAGE_KEY, good, bad",
    "AZURE_STORAGE_SAS_TOKEN, good-sas, expired-sas",
    "AZURE_STORAGE_CONNECTION_STRING, good-connection, bad-connection",
    "AZURE_STORAGE_CONNECTION_STRING, good-sas-connection, expired-sas-connection",
  })
  void aFileIsReadAnewForEachRequest(String variable, String good, String bad) throws IOException {
    String container = "renewed-" + good;
    Path file = folder.resolve("credential");
    renew(file, text(good));
    try (ObjectStore store =
        ObjectStores.open(
            azurite.uri(),
            Map.of("AZURE_STORAGE_ACCOUNT", account, variable + "_FILE", file.toString()))) {
      Container opened = store.container(container);
      opened.createIfAbsent();
      assertEquals(PutResult.CREATED, opened.put("one", content("1")));
      renew(file, text(bad));
      StoreException denied =
          assertThrows(StoreException.class, () -> opened.put("two", content("2")));
      assertEquals(StoreException.Reason.DENIED, denied.reason(), denied::toString);
      renew(file, text(good));
      assertEquals(PutResult.CREATED, opened.put("two", content("2")));
      Files.delete(file); // What was read before stays in use.
      assertEquals(PutResult.CREATED, opened.put("three", content("3")));
      renew(file, "");
      assertEquals(PutResult.CREATED, opened.put("four", content("4")));
    }
  }

  @Test
  void aFileWithAnotherKindOfCredentialLeavesTheOneBefore() throws IOException {
    Path file = folder.resolve("credential");
    renew(file, text("good-connection"));
    try (ObjectStore store =
        ObjectStores.open(
            azurite.uri(), Map.of("AZURE_STORAGE_CONNECTION_STRING_FILE", file.toString()))) {
      Container opened = store.container("another-kind");
      opened.createIfAbsent();
      renew(file, text("expired-sas-connection"));
      assertEquals(PutResult.CREATED, opened.put("one", content("1")));
    }
  }

  private static String text(String kind) {
    OffsetDateTime now = OffsetDateTime.now(ZoneOffset.UTC);
    return switch (kind) {
      case "good" -> key;
      case "bad" -> WRONG_KEY;
      case "good-sas" -> azurite.sas(now.plusHours(1));
      case "expired-sas" -> "?" + azurite.sas(now.minusHours(1));
      case "good-connection" -> "AccountName=" + account + ";AccountKey=" + key;
      case "bad-connection" -> "AccountName=" + account + ";AccountKey=" + WRONG_KEY;
      case "good-sas-connection" -> "SharedAccessSignature=" + azurite.sas(now.plusHours(1));
      case "expired-sas-connection" -> "SharedAccessSignature=" + azurite.sas(now.minusHours(1));
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @Test
  void aSasForOneContainerThatMayNotOverwriteIsEnough() throws IOException {
    BlobContainerClient client = sdk().buildClient().getBlobContainerClient("narrow");
    client.create();
    try (ObjectStore store =
        ObjectStores.open(
            azurite.uri(), Map.of("AZURE_STORAGE_SAS_TOKEN", containerSas("narrow", "rcl")))) {
      Container narrow = store.container("narrow");
      narrow.createIfAbsent();
      assertEquals(PutResult.CREATED, narrow.put("object", content("mine")));
      assertEquals(PutResult.EXISTS, narrow.put("object", content("other")));
      assertTrue(narrow.stat("object").isPresent());
    }
  }

  @Test
  void aSasForAnotherContainerIsDenied() throws IOException {
    sdk().buildClient().getBlobContainerClient("other").create();
    try (ObjectStore store =
        ObjectStores.open(
            azurite.uri(), Map.of("AZURE_STORAGE_SAS_TOKEN", containerSas("other", "rcl")))) {
      Container wrong = store.container("absent");
      StoreException denied = assertThrows(StoreException.class, wrong::createIfAbsent);
      assertEquals(StoreException.Reason.DENIED, denied.reason());
      assertFalse(denied.toString().contains("sig="));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          AZURE_STORAGE_KEY=sesame!                     | the account key in AZURE_STORAGE_KEY is not base64
          AZURE_STORAGE_KEY=                            | no credentials: set
          AZURE_STORAGE_KEY_FILE=/absent/sesame         | AZURE_STORAGE_KEY_FILE: /absent/sesame cannot be read: NoSuchFileException
          AZURE_STORAGE_SAS_TOKEN=a,AZURE_STORAGE_SAS_TOKEN_FILE=b | both AZURE_STORAGE_SAS_TOKEN and AZURE_STORAGE_SAS_TOKEN_FILE are set
          AZURE_STORAGE_CONNECTION_STRING=sesame        | has neither AccountName and AccountKey nor SharedAccessSignature
          AZURE_STORAGE_AUTH_MODE=login                 | an identity is used over https only
          AZURE_FEDERATED_TOKEN_FILE=/token             | an identity is used over https only
          """)
  void saysWhatIsWrong(String variables, String expected) {
    Map<String, String> environment = new HashMap<>();
    environment.put("AZURE_STORAGE_ACCOUNT", account);
    for (String variable : variables.split(",", -1)) {
      int equals = variable.indexOf('=');
      environment.put(variable.substring(0, equals), variable.substring(equals + 1));
    }
    StoreException denied =
        assertThrows(
            StoreException.class, () -> ObjectStores.open(azurite.uri(), environment).close());
    assertEquals(StoreException.Reason.DENIED, denied.reason());
    assertTrue(denied.getMessage().contains(expected), denied::getMessage);
  }
}
