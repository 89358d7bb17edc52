/**
 * The appliance: wires the protocol server, the replication logs and the object store into one
 * process.
 *
 * <p>Threads: event loops take frames off the sockets; each domain has a log writer (the only
 * thread that appends to its log), the log's force thread (acknowledges {@code logged}) and a
 * shipper (acknowledges {@code replicated}).
 */
package io.drva.appliance;
