/**
 * The {@code drva} command: argument parsing, tables, progress and one-line errors. Everything it
 * does lives elsewhere.
 */
package io.drva.cli;
