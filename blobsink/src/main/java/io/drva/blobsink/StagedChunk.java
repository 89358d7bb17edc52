package io.drva.blobsink;

import java.nio.ByteBuffer;

/** A chunk that still takes records: raw bytes of one disk. */
final class StagedChunk {
  /** Raw bytes at which a chunk is closed. A record that is no shorter has a chunk of its own. */
  static final int RAW_BYTES = 256 << 10;

  final ByteBuffer raw;
  DomainCatalog.Disk disk;

  /** What the record table calls this chunk until its place in the data is known. */
  int provisional;

  StagedChunk(ByteBuffer raw) {
    this.raw = raw;
  }
}
