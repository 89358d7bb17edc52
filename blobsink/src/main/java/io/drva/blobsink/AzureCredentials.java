package io.drva.blobsink;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.http.HttpPipelineCallContext;
import com.azure.core.http.HttpPipelineNextPolicy;
import com.azure.core.http.HttpPipelineNextSyncPolicy;
import com.azure.core.http.HttpPipelinePosition;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.WorkloadIdentityCredentialBuilder;
import com.azure.storage.blob.BlobServiceClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Where requests to an Azure account get their authority from. The first of these that the
 * environment has, and each but the last two also as a file, named by the variable with {@code
 * _FILE} appended, which is read anew for each request, so that a new credential is used as soon as
 * it is there:
 *
 * <ol>
 *   <li>{@code AZURE_STORAGE_CONNECTION_STRING}: of it, account and key, or the SAS
 *   <li>{@code AZURE_STORAGE_KEY}, of {@code AZURE_STORAGE_ACCOUNT}
 *   <li>{@code AZURE_STORAGE_SAS_TOKEN}
 *   <li>{@code AZURE_FEDERATED_TOKEN_FILE}, with {@code AZURE_CLIENT_ID} and {@code
 *       AZURE_TENANT_ID}: workload identity
 *   <li>{@code AZURE_STORAGE_AUTH_MODE=login}: managed identity; {@code AZURE_CLIENT_ID} says
 *       which, when the machine has several
 * </ol>
 *
 * <p>No message, log line or exception of this class carries a credential, nor what a library says
 * about one.
 */
final class AzureCredentials {
  private static final Logger LOG = LoggerFactory.getLogger(AzureCredentials.class);

  private static final String CONNECTION = "AZURE_STORAGE_CONNECTION_STRING";
  private static final String ACCOUNT = "AZURE_STORAGE_ACCOUNT";
  private static final String KEY = "AZURE_STORAGE_KEY";
  private static final String SAS = "AZURE_STORAGE_SAS_TOKEN";
  private static final String FEDERATED = "AZURE_FEDERATED_TOKEN_FILE";
  private static final String AUTH_MODE = "AZURE_STORAGE_AUTH_MODE";
  private static final String CLIENT = "AZURE_CLIENT_ID";
  private static final String TENANT = "AZURE_TENANT_ID";
  private static final String AUTHORITY = "AZURE_AUTHORITY_HOST";
  private static final String FILE = "_FILE";

  private static final String NONE =
      "no credentials: set "
          + CONNECTION
          + ", or "
          + ACCOUNT
          + " and "
          + KEY
          + ", or "
          + SAS
          + ", each but the account also as NAME_FILE with the path of a file; or "
          + AUTH_MODE
          + "=login for the machine's managed identity";

  /** A credential that cannot be used; the message names the variable or file, not its content. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedException(String message) {
      super(message);
    }
  }

  /** The kinds of credentials that a text can hold. */
  private sealed interface Credential {
    /**
     * Has requests carry it.
     *
     * @return takes the place of it with another of its kind
     */
    Consumer<Credential> apply(BlobServiceClientBuilder builder);

    record Key(String account, String key) implements Credential {
      @Override
      public Consumer<Credential> apply(BlobServiceClientBuilder builder) {
        AzureNamedKeyCredential inUse = new AzureNamedKeyCredential(account, key);
        builder.credential(inUse);
        return next -> inUse.update(((Key) next).account, ((Key) next).key);
      }
    }

    record Sas(String token) implements Credential {
      @Override
      public Consumer<Credential> apply(BlobServiceClientBuilder builder) {
        AzureSasCredential inUse = new AzureSasCredential(token);
        builder.credential(inUse);
        return next -> inUse.update(((Sas) next).token);
      }
    }
  }

  private final Map<String, String> environment;

  private AzureCredentials(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Has a client's requests carry what the environment says.
   *
   * @param secure whether the endpoint is https; identities are not used without
   * @throws MalformedException when there is none, or it cannot be used
   */
  static void apply(
      BlobServiceClientBuilder builder, Map<String, String> environment, boolean secure)
      throws MalformedException {
    new AzureCredentials(environment).apply(builder, secure);
  }

  private void apply(BlobServiceClientBuilder builder, boolean secure) throws MalformedException {
    if (isSet(CONNECTION) || isSet(CONNECTION + FILE)) {
      applyText(builder, CONNECTION);
    } else if (isSet(ACCOUNT) && (isSet(KEY) || isSet(KEY + FILE))) {
      applyText(builder, KEY);
    } else if (isSet(SAS) || isSet(SAS + FILE)) {
      applyText(builder, SAS);
    } else if (isSet(FEDERATED) || "login".equals(environment.get(AUTH_MODE))) {
      if (!secure) {
        throw new MalformedException("an identity is used over https only: check the endpoint");
      }
      builder.credential(new Identity(identity()));
    } else {
      throw new MalformedException(NONE);
    }
  }

  private TokenCredential identity() throws MalformedException {
    String client = environment.get(CLIENT);
    if (!isSet(FEDERATED)) {
      return new ManagedIdentityCredentialBuilder().clientId(client).build();
    }
    if (!isSet(CLIENT) || !isSet(TENANT)) {
      throw new MalformedException(FEDERATED + " needs " + CLIENT + " and " + TENANT);
    }
    WorkloadIdentityCredentialBuilder workload =
        new WorkloadIdentityCredentialBuilder()
            .tokenFilePath(environment.get(FEDERATED))
            .clientId(client)
            .tenantId(environment.get(TENANT));
    if (isSet(AUTHORITY)) {
      workload.authorityHost(environment.get(AUTHORITY));
    }
    return workload.build();
  }

  /** Has every failure of a library that gets tokens look the same, and quote nothing. */
  private record Identity(TokenCredential library) implements TokenCredential {
    @Override
    public Mono<AccessToken> getToken(TokenRequestContext request) {
      return library.getToken(request).onErrorMap(Identity::failed);
    }

    @Override
    public AccessToken getTokenSync(TokenRequestContext request) {
      try {
        return library.getTokenSync(request);
      } catch (RuntimeException e) {
        throw failed(e);
      }
    }

    private static ClientAuthenticationException failed(Throwable e) {
      LOG.debug("no token: {}", e.getClass().getName());
      return new ClientAuthenticationException("no token", null);
    }
  }

  private void applyText(BlobServiceClientBuilder builder, String name) throws MalformedException {
    if (isSet(name) && isSet(name + FILE)) {
      throw new MalformedException("both " + name + " and " + name + FILE + " are set");
    }
    String text = isSet(name) ? environment.get(name) : read(name);
    Credential credential = parse(name, text);
    Consumer<Credential> renewal = credential.apply(builder);
    if (!isSet(name)) {
      builder.addPolicy(new Renewal(name, text, credential.getClass(), renewal));
    }
  }

  private Credential parse(String name, String text) throws MalformedException {
    return switch (name) {
      case CONNECTION -> ofConnectionString(text);
      case KEY -> ofKey(environment.get(ACCOUNT), text, name);
      default -> new Credential.Sas(text.startsWith("?") ? text.substring(1) : text);
    };
  }

  private static Credential ofConnectionString(String text) throws MalformedException {
    String account = null;
    String key = null;
    String sas = null;
    for (String part : text.split(";", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        continue;
      }
      String value = part.substring(equals + 1).strip();
      switch (part.substring(0, equals).strip()) {
        case "AccountName" -> account = value;
        case "AccountKey" -> key = value;
        case "SharedAccessSignature" -> sas = value;
        default -> {
          // Where the account is, 'store' says.
        }
      }
    }
    if (account != null && key != null) {
      return ofKey(account, key, CONNECTION);
    }
    if (sas != null) {
      return new Credential.Sas(sas);
    }
    throw new MalformedException(
        CONNECTION + " has neither AccountName and AccountKey nor SharedAccessSignature");
  }

  private static Credential ofKey(String account, String key, String name)
      throws MalformedException {
    try {
      if (Base64.getDecoder().decode(key).length > 0) {
        return new Credential.Key(account, key);
      }
    } catch (IllegalArgumentException e) {
      // Told below, without what it quotes.
    }
    throw new MalformedException("the account key in " + name + " is not base64");
  }

  private String read(String name) throws MalformedException {
    Path file = Path.of(environment.get(name + FILE));
    try {
      String text = Files.readString(file).strip();
      if (!text.isEmpty()) {
        return text;
      }
    } catch (IOException e) {
      throw new MalformedException(
          name + FILE + ": " + file + " cannot be read: " + e.getClass().getSimpleName());
    }
    throw new MalformedException(name + FILE + ": " + file + " is empty");
  }

  private boolean isSet(String name) {
    String value = environment.get(name);
    return value != null && !value.isEmpty();
  }

  /**
   * Reads a credential's file before each request. What cannot be read or used leaves the one
   * before in place, and is told once.
   */
  private final class Renewal implements HttpPipelinePolicy {
    private final String name;
    private final Class<? extends Credential> kind;
    private final Consumer<Credential> renewal;

    // Guarded by this.
    private String seen;
    private String told;

    Renewal(
        String name, String seen, Class<? extends Credential> kind, Consumer<Credential> renewal) {
      this.name = name;
      this.seen = seen;
      this.kind = kind;
      this.renewal = renewal;
    }

    /** Before what signs the request. */
    @Override
    public HttpPipelinePosition getPipelinePosition() {
      return HttpPipelinePosition.PER_CALL;
    }

    private synchronized void renew() {
      try {
        String text = read(name);
        if (!text.equals(seen)) {
          seen = text;
          Credential next = parse(name, text);
          if (next.getClass() != kind) {
            throw new MalformedException(name + FILE + " had another kind of credential before");
          }
          renewal.accept(next);
          LOG.info("{}: the credential was renewed", name + FILE);
        }
        told = null;
      } catch (MalformedException e) {
        if (!e.getMessage().equals(told)) {
          told = e.getMessage();
          LOG.warn("{}; the credential before stays in use", told);
        }
      }
    }

    @Override
    public HttpResponse processSync(
        HttpPipelineCallContext context, HttpPipelineNextSyncPolicy next) {
      renew();
      return next.processSync();
    }

    @Override
    public Mono<HttpResponse> process(
        HttpPipelineCallContext context, HttpPipelineNextPolicy next) {
      renew();
      return next.process();
    }
  }
}
