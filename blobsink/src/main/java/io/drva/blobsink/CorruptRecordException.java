package io.drva.blobsink;

import java.io.IOException;

/** A record's data does not match the checksum that its host computed. It must not be shipped. */
public final class CorruptRecordException extends IOException {
  private static final long serialVersionUID = 1;

  CorruptRecordException(String message) {
    super(message);
  }
}
