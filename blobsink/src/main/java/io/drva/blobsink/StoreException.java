package io.drva.blobsink;

import java.io.IOException;
import java.util.Optional;

/**
 * An operation of an object store failed. The message says what was tried, on which object, at
 * which position, why it failed and what can be done; never a credential.
 */
public final class StoreException extends IOException {
  private static final long serialVersionUID = 1;

  static final String NO_CONTAINER =
      "the container does not exist; check the store's address and the domain's name";

  /** Why an operation failed, as far as callers tell the cases apart. */
  public enum Reason {
    /** The object, or its container, does not exist. */
    NOT_FOUND,
    /** The store refused the credentials, or they do not allow the operation. */
    DENIED,
    /** The store could not be reached, was too busy, or broke the connection. */
    UNAVAILABLE,
    /** The store refused the request as such. */
    REFUSED,
    /** The local file system reported an error. */
    IO
  }

  private final Reason reason;
  private final String operation;
  private final String container;
  private final String object;
  private final long position;
  private final String hint;

  private StoreException(
      Reason reason,
      String operation,
      String container,
      String object,
      long position,
      String hint,
      Throwable cause) {
    super(describe(operation, container, object, position, hint), cause);
    this.reason = reason;
    this.operation = operation;
    this.container = container;
    this.object = object;
    this.position = position;
    this.hint = hint;
  }

  /**
   * For an operation on an object or on its container.
   *
   * @param object null for an operation on the container
   * @param position offset in the object, or -1
   * @param hint what went wrong and what to do
   * @param cause null when there is none
   */
  public static StoreException of(
      Reason reason,
      String operation,
      Container container,
      String object,
      long position,
      String hint,
      Throwable cause) {
    return new StoreException(
        reason, operation, container.location(), object, position, hint, cause);
  }

  /** For an operation on the whole store. */
  static StoreException ofStore(
      Reason reason, String operation, String location, String hint, Throwable cause) {
    return new StoreException(reason, operation, location, null, -1, hint, cause);
  }

  private static String describe(
      String operation, String container, String object, long position, String hint) {
    StringBuilder text = new StringBuilder(operation).append(' ').append(container);
    if (object != null) {
      text.append('/').append(object);
    }
    if (position >= 0) {
      text.append(" at ").append(position);
    }
    return text.append(": ").append(hint).toString();
  }

  public Reason reason() {
    return reason;
  }

  public String operation() {
    return operation;
  }

  /** The location of the container, or of the store. */
  public String container() {
    return container;
  }

  /** The object's name; empty for an operation on the container. */
  public Optional<String> object() {
    return Optional.ofNullable(object);
  }

  /** Offset in the object, bytes, or -1. */
  public long position() {
    return position;
  }

  /** What went wrong and what to do about it. */
  public String hint() {
    return hint;
  }
}
