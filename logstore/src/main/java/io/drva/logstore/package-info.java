/**
 * The log store volume and the replication logs of the protected domains on it.
 *
 * <p>{@link io.drva.logstore.LogVolume} owns the directory and its fixed size budget, {@link
 * io.drva.logstore.DomainLog} is one domain's durable, ordered log, {@link
 * io.drva.logstore.LogReader} hands out what has been forced. Chronicle Queue writes the files (one
 * queue per domain and process run); this package decides what is durable, what is intact and what
 * may be recycled, and relies on Chronicle for none of the three.
 */
package io.drva.logstore;
