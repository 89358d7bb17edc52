/**
 * Measurements. {@link io.drva.benchmarks.WholePath} runs the main job with client and appliance in
 * separate processes, beside the limits of the machine measured in the same run; the rest is JMH.
 */
package io.drva.benchmarks;
