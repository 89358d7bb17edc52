/** Placeholder. */
package io.drva.protocol;
