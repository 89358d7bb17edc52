package io.drva.appliance;

/** What a domain on this appliance can do. */
public enum DomainState {
  /** The object store has not answered yet, so the chain is not owned; no sessions are taken. */
  WAITING_FOR_STORE,
  /** Sessions are taken and written on. */
  ACTIVE,
  /** The log or the chain stopped for good; nothing is acknowledged any more. */
  FAILED,
  /** The appliance has let go of the domain. */
  CLOSED
}
