/**
 * The main job on made-up or traced input: load over real TCP as several hosts, recovery into
 * images, and a comparison of every byte. Used by {@code drva demo}, by the crash tests and by the
 * whole-path benchmark.
 */
package io.drva.demo;
