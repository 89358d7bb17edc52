package io.drva.appliance;

import io.drva.protocol.Pressure;
import java.util.List;

/**
 * A domain as the control API shows it.
 *
 * @param reason why it is in that state
 * @param connectedHosts names of the hosts that have a session
 * @param pressure what the hosts are asked, because of how full the log is
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
    Pressure pressure,
    String storeTrouble) {}
