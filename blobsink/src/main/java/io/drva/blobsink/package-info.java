/**
 * From a domain's log to objects anyone can read: the object format (writer and strict reader), the
 * chain and its fencing, the shipper, and the object stores (a directory, Azure Blob). The format
 * is written down in {@code docs/object-format.md}; nothing here may disagree with that page.
 *
 * <p>The way of a record: {@link io.drva.blobsink.RecordSource} → {@link io.drva.blobsink.Shipper}
 * → {@link io.drva.blobsink.SegmentBuilder} → {@link io.drva.blobsink.Container#put} → {@link
 * io.drva.blobsink.ShipperListener#replicated}. What bounds the memory of all domains together is
 * {@link io.drva.blobsink.SegmentBuffers}.
 */
package io.drva.blobsink;
