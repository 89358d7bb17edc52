package io.drva.simulation;

/** What a simulation has found. */
final class SimulationFailure extends Exception {
  private static final long serialVersionUID = 1;

  SimulationFailure(Throwable cause) {
    super(cause.toString(), cause);
  }
}
