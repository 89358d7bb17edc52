package io.drva.blobsink;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobStorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeoutException;
import reactor.core.Exceptions;

/**
 * What an exception of the Azure library means.
 *
 * @param reason the case
 * @param hint what went wrong and what to do
 * @param cause the exception, unless it may quote credentials: then null
 */
record AzureFailure(StoreException.Reason reason, String hint, Throwable cause) {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int REQUEST_TIMEOUT = 408;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  /**
   * @throws RuntimeException the given one, when it is a defect and not a failure of the store
   */
  static AzureFailure of(RuntimeException e) {
    AzureFailure failure = known(Exceptions.unwrap(e));
    if (failure == null && e.getCause() != null) {
      failure = known(e.getCause()); // The library wraps what it does not expect.
    }
    if (failure == null) {
      throw e;
    }
    return failure;
  }

  private static AzureFailure known(Throwable e) {
    return switch (e) {
      case BlobStorageException answer ->
          ofStatus(answer.getStatusCode(), String.valueOf(answer.getErrorCode()), answer);
      case ClientAuthenticationException refused when refused.getResponse() == null ->
          new AzureFailure(
              StoreException.Reason.DENIED,
              "there is no token for the managed or workload identity; check that this machine or workload has one,"
                  + " and AZURE_CLIENT_ID",
              null);
      case HttpResponseException answer when answer.getResponse() != null ->
          ofStatus(answer.getResponse().getStatusCode(), "an HTTP error", answer);
      case UncheckedIOException broken -> unavailable(broken.getCause());
      case IOException broken -> unavailable(broken);
      case TimeoutException slow -> unavailable(slow);
      case InterruptedException stopped -> unavailable(stopped);
      default -> null;
    };
  }

  private static AzureFailure unavailable(Throwable cause) {
    if (cause instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    String text =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new AzureFailure(
        StoreException.Reason.UNAVAILABLE,
        "the store cannot be reached (" + text + "); check network and endpoint",
        cause);
  }

  private static AzureFailure ofStatus(int status, String code, Throwable cause) {
    String answer = "the store answered " + status + " " + code + "; ";
    if (status == UNAUTHORIZED || status == FORBIDDEN) {
      return new AzureFailure(
          StoreException.Reason.DENIED,
          answer
              + "check that the credentials are this account's, not expired, and allow reading, creating and listing",
          null);
    }
    if (status == NOT_FOUND) {
      return code.equals(BlobErrorCode.CONTAINER_NOT_FOUND.toString())
          ? new AzureFailure(StoreException.Reason.NOT_FOUND, StoreException.NO_CONTAINER, cause)
          : new AzureFailure(StoreException.Reason.NOT_FOUND, "there is no such object", cause);
    }
    if (status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERROR) {
      return new AzureFailure(
          StoreException.Reason.UNAVAILABLE, answer + "it is busy or out of order", cause);
    }
    if (code.equals(BlobErrorCode.CONTAINER_BEING_DELETED.toString())) {
      return new AzureFailure(
          StoreException.Reason.UNAVAILABLE,
          answer + "the container is being deleted; use another, or wait",
          cause);
    }
    return new AzureFailure(
        StoreException.Reason.REFUSED, answer + "the store does not take the request", cause);
  }
}
