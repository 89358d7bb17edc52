package io.drva.simulation;

/** A defect that is put in on purpose: a simulation that does not find it proves nothing. */
enum Defect {
  NONE,
  /** The disk says that it has forced a file, and has not. */
  FORCE_DOES_NOTHING,
  /** The store says that it has created an object, and has not. */
  OBJECT_NOT_STORED
}
