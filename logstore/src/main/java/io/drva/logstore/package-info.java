/** Placeholder. */
package io.drva.logstore;
