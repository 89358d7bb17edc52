package io.drva.protocol;

/**
 * Gets what a session's client sends. Called only on the session's event loop, so no method may
 * block. An exception that a method throws ends this session with {@link ErrorCode#INTERNAL}, and
 * no other.
 */
public interface SessionHandler {
  /**
   * The client opens a disk. Numbers, names and geometry are valid, the stream number is free.
   *
   * @param vm name of the virtual machine
   * @param disk name of the disk within it
   * @param capacityBytes a whole number of sectors
   * @param sectorBytes 512 or 4096
   * @return the domain's number of the disk
   * @throws ProtocolException {@link ErrorCode#STREAM_CLAIMED}, {@link ErrorCode#DISK_MISMATCH} or
   *     {@link ErrorCode#LIMIT}: ends the session
   */
  int open(String vm, String disk, long capacityBytes, int sectorBytes) throws ProtocolException;

  /**
   * The next extent: its sequence number follows the one before, its stream is open, it is aligned
   * and within the disk, and both checksums are right. Takes ownership of the frame, also when it
   * throws.
   */
  void extent(ExtentFrame frame);

  /**
   * The extents of one socket read are delivered: hand the batch over. Called after reads that
   * brought an extent, and before {@link #close} and {@link #ended} if there is still a batch.
   */
  void readComplete();

  /**
   * The client sent CLOSE: it sends nothing more. The implementation calls {@link
   * ServerSession#finish} when everything before it is logged.
   */
  void close();

  /** The session is over. Called exactly once, as the last call. */
  void ended(SessionEnd end);
}
