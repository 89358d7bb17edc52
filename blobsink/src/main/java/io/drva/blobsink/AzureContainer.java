package io.drva.blobsink;

import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobRange;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.DownloadRetryOptions;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Optional;

/** A container of an Azure account. */
final class AzureContainer implements Container {
  private static final int CONFLICT = 409;
  private static final int CONDITION_NOT_MET = 412;
  private static final int NOT_FOUND = 404;
  private static final int RANGE_NOT_SATISFIABLE = 416;
  private static final int LIST_PAGE = 5000;

  /** How often a download that breaks off is taken up again where it stopped. */
  private static final int DOWNLOAD_RESUMES_MAX = 4;

  private final BlobContainerClient client;
  private final String name;
  private final String location;

  AzureContainer(BlobContainerClient client, String name, String location) {
    this.client = client;
    this.name = name;
    this.location = location;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String location() {
    return location;
  }

  @Override
  public void createIfAbsent() throws StoreException {
    try {
      client.createIfNotExists();
    } catch (RuntimeException e) {
      StoreException failure = failure("create container", null, -1, e);
      if (failure.reason() != StoreException.Reason.DENIED || !exists()) {
        throw failure;
      }
    }
  }

  /** Whether the container is there, for credentials that are good for it and nothing else. */
  private boolean exists() throws StoreException {
    try {
      var _ = next(pages(ObjectNames.DESCRIPTOR));
      return true;
    } catch (StoreException e) {
      if (e.reason() == StoreException.Reason.DENIED
          || e.reason() == StoreException.Reason.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  /**
   * One Put Blob, whatever the length: it is atomic. The body is sent from the buffers themselves.
   * The library repeats a request whose answer was lost, and then reports the conflict with its own
   * object: to be told apart by the caller.
   */
  @Override
  public PutResult put(String object, ObjectContent content) throws StoreException {
    ObjectStores.checkObject(object);
    try {
      BlockBlobSimpleUploadOptions options =
          new BlockBlobSimpleUploadOptions(BinaryData.fromListByteBuffer(content.buffers()))
              .setRequestConditions(new BlobRequestConditions().setIfNoneMatch("*"));
      client
          .getBlobClient(object)
          .getBlockBlobClient()
          .uploadWithResponse(options, null, Context.NONE);
      return PutResult.CREATED;
    } catch (BlobStorageException e) {
      boolean exists =
          e.getStatusCode() == CONDITION_NOT_MET
              || (e.getStatusCode() == CONFLICT
                  && BlobErrorCode.BLOB_ALREADY_EXISTS.equals(e.getErrorCode()));
      if (exists) {
        return PutResult.EXISTS;
      }
      StoreException failure = failure("put", object, -1, e);
      // To a SAS that allows to create and not to overwrite, an object that exists is refused.
      // Under
      // invariant 5 it is no success: whoever put it reads it and compares, as after any EXISTS.
      if (failure.reason() == StoreException.Reason.DENIED && isThere(object)) {
        return PutResult.EXISTS;
      }
      throw failure;
    } catch (RuntimeException e) {
      throw failure("put", object, -1, e);
    } catch (OutOfMemoryError e) {
      // Of Netty's direct memory, which sessions use, too: a shortage that passes.
      throw StoreException.of(
          StoreException.Reason.UNAVAILABLE, "put", this, object, -1, "no memory is free: " + e, e);
    }
  }

  private boolean isThere(String object) throws StoreException {
    try {
      return stat(object).isPresent();
    } catch (StoreException e) {
      if (e.reason() == StoreException.Reason.DENIED) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public int read(String object, long offset, ByteBuffer into) throws StoreException {
    ObjectStores.checkObject(object);
    int start = into.position();
    if (!into.hasRemaining()) {
      return 0;
    }
    try {
      client
          .getBlobClient(object)
          .downloadStreamWithResponse(
              new BufferStream(into),
              new BlobRange(offset, (long) into.remaining()),
              new DownloadRetryOptions().setMaxRetryRequests(DOWNLOAD_RESUMES_MAX),
              null,
              false,
              null,
              Context.NONE);
      return into.position() - start;
    } catch (BlobStorageException e) {
      into.position(start);
      if (e.getStatusCode() == RANGE_NOT_SATISFIABLE) {
        return 0; // The range begins at or beyond the object's end.
      }
      throw failure("read", object, offset, e);
    } catch (RuntimeException e) {
      into.position(start);
      throw failure("read", object, offset, e);
    }
  }

  /** Puts a body into a buffer; a body longer than asked for is an error, not an overrun. */
  private static final class BufferStream extends OutputStream {
    private final ByteBuffer into;

    BufferStream(ByteBuffer into) {
      this.into = into;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length > into.remaining()) {
        throw new IOException("the store sent more than the range that it was asked for");
      }
      into.put(bytes, offset, length);
    }
  }

  @Override
  public Optional<ObjectInfo> stat(String object) throws StoreException {
    ObjectStores.checkObject(object);
    try {
      return Optional.of(
          new ObjectInfo(object, client.getBlobClient(object).getProperties().getBlobSize()));
    } catch (BlobStorageException e) {
      if (e.getStatusCode() == NOT_FOUND) {
        return Optional.empty();
      }
      throw failure("stat", object, -1, e);
    } catch (RuntimeException e) {
      throw failure("stat", object, -1, e);
    }
  }

  @Override
  public void list(String prefix, ObjectVisitor visitor) throws IOException {
    Iterator<BlobItem> pages = pages(prefix);
    for (BlobItem item = next(pages); item != null; item = next(pages)) {
      Long size = item.getProperties().getContentLength();
      if (!visitor.object(new ObjectInfo(item.getName(), size == null ? 0 : size))) {
        return;
      }
    }
  }

  /** Asks for the first page already. */
  private Iterator<BlobItem> pages(String prefix) throws StoreException {
    try {
      return client
          .listBlobs(new ListBlobsOptions().setPrefix(prefix).setMaxResultsPerPage(LIST_PAGE), null)
          .iterator();
    } catch (RuntimeException e) {
      throw failure("list", null, -1, e);
    }
  }

  private BlobItem next(Iterator<BlobItem> pages) throws StoreException {
    try {
      return pages.hasNext() ? pages.next() : null;
    } catch (RuntimeException e) {
      throw failure("list", null, -1, e);
    }
  }

  private StoreException failure(
      String operation, String object, long position, RuntimeException e) {
    AzureFailure failure = AzureFailure.of(e);
    return StoreException.of(
        failure.reason(), operation, this, object, position, failure.hint(), failure.cause());
  }

  @Override
  public String toString() {
    return location;
  }
}
