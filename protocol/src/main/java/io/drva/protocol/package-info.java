/**
 * The DRVA replication protocol, version 1, both ends of it.
 *
 * <p>{@code docs/protocol.md} is the specification; this package implements it to the byte.
 *
 * <ul>
 *   <li><b>Codec</b>: {@link io.drva.protocol.FrameType} and {@link io.drva.protocol.ControlFrame}
 *       say what frames there are, {@code FrameReader} takes them out of the receive buffer without
 *       copying their data, {@code FrameEncoder} writes them.
 *   <li><b>Server</b>: {@link io.drva.protocol.ProtocolServer} accepts connections; each becomes a
 *       {@link io.drva.protocol.ServerSession} whose validated frames go to the {@link
 *       io.drva.protocol.SessionHandler} that the {@link io.drva.protocol.SessionAcceptor} gave.
 *   <li><b>Client</b>: {@link io.drva.protocol.HostClient} is one host's session with one domain.
 *       It keeps every frame until the server has logged it, reconnects and resends.
 * </ul>
 *
 * <p>Threads: a connection belongs to one Netty event loop, and everything that is not documented
 * as thread-safe is called on it. Nothing on the server's path allocates per write once the pools
 * are warm. A buffer's owner is named wherever one is handed over.
 */
package io.drva.protocol;
