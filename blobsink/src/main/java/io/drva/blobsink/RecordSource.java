package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * A domain's log as the shipper reads it: a cursor over records that are durable, in LSN order
 * without gaps. Used by the shipper's thread only.
 */
public interface RecordSource {
  /**
   * Moves to the next record, if one is durable by now. The accessors then speak of it until the
   * next call.
   *
   * @return whether there is one
   */
  boolean next() throws IOException;

  /**
   * Returns when {@link #next} may find a record, and after the timeout at the latest. May return
   * early for no reason.
   */
  void await(long timeoutNanos) throws InterruptedException;

  long lsn();

  RecordType type();

  /** As in the object format: bit 0 of a BASELINE ends the disk's baseline. */
  int flags();

  /**
   * The source's number for the host that the record came from, 0 to 65,534; one number stands for
   * one host name.
   */
  int hostNumber();

  /** The record's number in its host's sequence; 0 for a type that is not sequenced. */
  long sequence();

  /** The domain's number for the record's disk, from 1; 0 for a type that names none. */
  int diskNumber();

  /** Of the extent; for DISK_OPENED the capacity. */
  long offsetBytes();

  /** Of the extent; for DISK_OPENED the sector size. */
  long lengthBytes();

  long timeMicros();

  /** CRC-32C of the data as the host computed it; 0 without data. */
  int dataCrc32c();

  /**
   * The data from position to limit: direct or with an array; empty for a type without data. Valid
   * until the next call of {@link #next}.
   */
  ByteBuffer data();

  /**
   * The name of the record's host. Asked for at HOST_ATTACHED and at the first record of each host
   * number.
   */
  String hostName();

  /**
   * The incarnation that the record's sequence number belongs to: the one as of this record, not
   * the newest known. Asked for when {@link #hostName} is.
   */
  UUID hostIncarnation();

  /** The VM of the record's disk. Asked for at DISK_OPENED. */
  String vmName();

  /** The disk's name within its VM. Asked for at DISK_OPENED. */
  String diskName();
}
