/** Placeholder. */
package io.drva.benchmarks;
