package io.drva.blobsink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A chain object of which every byte was checked, as far as the object alone allows. */
public final class CheckedObject {
  private final ObjectHead head;

  private CheckedObject(ObjectHead head) {
    this.head = head;
  }

  /**
   * Reads an object whole and checks its header, index, chunks, the data of every record, and its
   * footer.
   *
   * @param info the object's name, which is that of a chain object, and its size as listed
   */
  public static CheckedObject read(Container container, ObjectInfo info) throws IOException {
    ObjectRef ref = new ObjectRef(container.location(), info.name());
    ByteBuffer object = container.readAll(info.name(), Format.OBJECT_BYTES_MAX);
    ObjectHead head = ObjectHead.of(ref, ObjectNames.number(info.name()), object);
    ObjectHeader header = head.header();
    if (head.isSegment()) {
      SegmentIndex index = head.index(ByteBuffer.allocate(header.indexRawBytes()));
      checkData(ref, index, object);
    }
    ObjectFooter.check(
        ref, object, (int) header.objectBytes() - Format.FOOTER_BYTES, header, head.digest());
    return new CheckedObject(head.detached());
  }

  private static void checkData(ObjectRef ref, SegmentIndex index, ByteBuffer object)
      throws CorruptObjectException {
    // The records of each chunk as a list: the last one, and from each the one before.
    int[] last = new int[index.chunkCount()];
    int[] before = new int[index.recordCount()];
    Arrays.fill(last, -1);
    for (int i = 0; i < index.recordCount(); i++) {
      if (index.chunk(i) != Format.NO_CHUNK) {
        before[i] = last[index.chunk(i)];
        last[index.chunk(i)] = i;
      }
    }
    int rawBytesMax = 0;
    for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
      rawBytesMax = Math.max(rawBytesMax, index.chunkRawBytes(chunk));
    }
    ByteBuffer raw = ByteBuffer.allocate(rawBytesMax);
    for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
      ChunkRef place = ChunkRef.of(index, chunk);
      place.decode(ref.container(), ref.object(), object, (int) place.offset(), raw);
      for (int i = last[chunk]; i >= 0; i = before[i]) {
        if (Crc.of(raw, index.chunkPosition(i), (int) index.lengthBytes(i))
            != index.dataCrc32c(i)) {
          throw ref.corrupt(
              place.offset(),
              "the data of LSN " + index.lsn(i) + " does not match its host's checksum");
        }
      }
    }
  }

  public ObjectHeader header() {
    return head.header();
  }

  /**
   * Checks that the object is the chain's next.
   *
   * @param chain the chain so far, which advances
   */
  public void link(ChainState chain) throws CorruptObjectException {
    if (head.isSegment()) {
      SegmentIndex index = head.index(ByteBuffer.allocate(header().indexRawBytes()));
      chain.segment(head.ref(), index, head.digest());
    } else {
      chain.fence(head.ref(), head.header(), head.digest());
    }
  }
}
