/** Placeholder. */
package io.drva.recovery;
