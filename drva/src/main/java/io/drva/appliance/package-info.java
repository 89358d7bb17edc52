/** Placeholder. */
package io.drva.appliance;
