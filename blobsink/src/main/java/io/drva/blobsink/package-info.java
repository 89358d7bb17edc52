/** Placeholder. */
package io.drva.blobsink;
