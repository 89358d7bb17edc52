/**
 * From a chain to disks: {@link io.drva.recovery.RecoveryPlan} says what a recovery will do, {@link
 * io.drva.recovery.Recovery} does it, {@link io.drva.recovery.Verifier} checks every byte of a
 * container, and {@link io.drva.recovery.RecoveryPoints} says what can be recovered. All of them
 * need the container and nothing else (invariant 10).
 */
package io.drva.recovery;
