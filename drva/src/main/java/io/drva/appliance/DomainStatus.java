package io.drva.appliance;

import java.util.List;

/**
 * A domain as the control API shows it.
 *
 * @param reason why it is in that state
 * @param connectedHosts names of the hosts that have a session
 * @param storeTrouble what the object store answers when uploads fail; null when they do not
 */
public record DomainStatus(
    String name,
    DomainState state,
    String reason,
    List<String> connectedHosts,
    int disks,
    long firstLsn,
    long lastLsn,
    long loggedLsn,
    long replicatedLsn,
    long logBytes,
    long replicatedRpoMs,
    boolean logFull,
    String storeTrouble) {}
