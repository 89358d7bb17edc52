package io.drva.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Reads the fields of control frames whose head checksum was right. Checks what the type itself
 * says (lengths, strings, ranges of single fields) and nothing that depends on the session.
 */
final class FieldsDecoder {
  private final FrameType type;
  private final ByteBuf in;
  private final int end;
  private int at;

  private FieldsDecoder(FrameType type, ByteBuf in, int index, int length) {
    this.type = type;
    this.in = in;
    this.at = index;
    this.end = index + length;
  }

  /**
   * Decodes a control frame.
   *
   * @param index where the fields start in {@code in}
   * @throws ProtocolException {@link ErrorCode#MALFORMED}, {@link ErrorCode#BAD_NAME} or {@link
   *     ErrorCode#VERSION_MISMATCH}
   */
  static ControlFrame decode(FrameType type, ByteBuf in, int index, int length)
      throws ProtocolException {
    return new FieldsDecoder(type, in, index, length).decode();
  }

  private ControlFrame decode() throws ProtocolException {
    ControlFrame frame =
        switch (type) {
          case HELLO -> hello();
          case WELCOME -> welcome();
          case OPEN -> open();
          case OPENED -> new ControlFrame.Opened(u32(), u32());
          case ACK -> new ControlFrame.Ack(counter(), counter());
          case CREDIT -> new ControlFrame.Credit(positive("windowBytes"));
          case PRESSURE -> new ControlFrame.Pressure(choice("level", 2));
          case CHECKPOINT_PREPARE -> new ControlFrame.CheckpointPrepare(counter(), u32());
          case CHECKPOINT_READY -> new ControlFrame.CheckpointReady(counter(), counter());
          case CHECKPOINT_COMMIT -> checkpointCommit();
          case RESYNC_BEGIN -> new ControlFrame.ResyncBegin(counter(), counter(), u32());
          case RESYNC_END -> new ControlFrame.ResyncEnd(counter(), counter(), u32());
          case PING -> new ControlFrame.Ping(counter());
          case PONG -> new ControlFrame.Pong(counter(), counter(), counter());
          case CLOSE -> new ControlFrame.Close(choice("reason", 1));
          case ERROR -> failure();
          case WRITE, ZERO, DISCARD, BASELINE ->
              throw new IllegalArgumentException(type + " is not a control frame");
        };
    if (at != end) {
      throw malformed((end - at) + " bytes follow its last field");
    }
    return frame;
  }

  private ControlFrame hello() throws ProtocolException {
    int versionMin = u16();
    int versionMax = u16();
    if (versionMin > versionMax) {
      throw malformed("its lowest version is above its highest");
    }
    if (versionMin > Wire.VERSION || versionMax < Wire.VERSION) {
      // Before the rest: what it means may have changed with the version.
      throw new ProtocolException(
          ErrorCode.VERSION_MISMATCH,
          "the client speaks versions "
              + versionMin
              + " to "
              + versionMax
              + ", this server only "
              + Wire.VERSION);
    }
    UUID incarnation = new UUID(u64(), u64());
    long clientTimeMicros = counter();
    String host = string();
    String domain = string();
    String software = string();
    if (software.getBytes(StandardCharsets.UTF_8).length > Wire.SOFTWARE_BYTES_MAX) {
      throw malformed("software is longer than " + Wire.SOFTWARE_BYTES_MAX + " bytes");
    }
    Names.checkName("host", host);
    Names.checkDomain(domain);
    return new ControlFrame.Hello(
        versionMin, versionMax, incarnation, clientTimeMicros, host, domain, software);
  }

  private ControlFrame welcome() throws ProtocolException {
    int version = u16();
    u16(); // Left to later versions: HELLO and WELCOME keep their layout.
    int dataBytesMax = u32();
    int windowBytes = positive("windowBytes");
    int streamsMax = positive("streamsMax");
    int idleTimeoutMs = positive("idleTimeoutMs");
    u32();
    long loggedSeq = counter();
    long replicatedSeq = counter();
    long serverTimeMicros = counter();
    at = end; // A later version may have appended fields.
    if (dataBytesMax < Wire.DATA_BYTES_MAX_LOWEST || dataBytesMax > Wire.DATA_BYTES_MAX_HIGHEST) {
      throw malformed("dataBytesMax is " + Integer.toUnsignedString(dataBytesMax));
    }
    return new ControlFrame.Welcome(
        version,
        dataBytesMax,
        windowBytes,
        streamsMax,
        idleTimeoutMs,
        loggedSeq,
        replicatedSeq,
        serverTimeMicros);
  }

  private ControlFrame open() throws ProtocolException {
    int stream = u32();
    int sectorBytes = u32();
    long capacityBytes = u64();
    String vm = string();
    String disk = string();
    if (stream == 0) {
      throw malformed("stream number 0 is not allowed");
    }
    if (!DiskGeometry.isValid(sectorBytes, capacityBytes)) {
      throw malformed(
          "a disk has sectors of 512 or 4096 bytes and a whole number of them, up to 2^46 bytes;"
              + " not "
              + Integer.toUnsignedString(sectorBytes)
              + " and "
              + Long.toUnsignedString(capacityBytes));
    }
    Names.checkName("VM", vm);
    Names.checkName("disk", disk);
    return new ControlFrame.Open(stream, sectorBytes, capacityBytes, vm, disk);
  }

  private ControlFrame checkpointCommit() throws ProtocolException {
    long checkpoint = counter();
    if (u32() != 0) {
      throw malformed("holdMsMax is not 0");
    }
    return new ControlFrame.CheckpointCommit(checkpoint);
  }

  private ControlFrame failure() throws ProtocolException {
    int number = u16();
    ErrorCode code = ErrorCode.of(number);
    long frameOffset = counter();
    long seq = u64();
    int length = u16();
    if (length > Wire.ERROR_MESSAGE_BYTES_MAX) {
      throw malformed("message is longer than " + Wire.ERROR_MESSAGE_BYTES_MAX + " bytes");
    }
    String message = utf8(length);
    return new ControlFrame.Failure(
        code,
        frameOffset,
        seq,
        code == ErrorCode.UNKNOWN ? "code " + number + ": " + message : message);
  }

  private int u8() throws ProtocolException {
    return in.getUnsignedByte(advance(1));
  }

  private int u16() throws ProtocolException {
    return in.getUnsignedShort(advance(2));
  }

  private int u32() throws ProtocolException {
    return in.getInt(advance(4));
  }

  private long u64() throws ProtocolException {
    return in.getLong(advance(8));
  }

  /** A u64 that counts something, so that 2^63 and more is nonsense. */
  private long counter() throws ProtocolException {
    long value = u64();
    if (value < 0) {
      throw malformed("a number or time is 2^63 or more");
    }
    return value;
  }

  private int positive(String what) throws ProtocolException {
    int value = u32();
    if (value <= 0) {
      throw malformed(what + " is " + Integer.toUnsignedString(value));
    }
    return value;
  }

  /** A u8 from 0 to {@code max}, followed by three zero bytes. */
  private int choice(String what, int max) throws ProtocolException {
    int value = u8();
    int padding = in.getUnsignedMedium(advance(3));
    if (value > max || padding != 0) {
      throw malformed(what + " is " + value + " with padding " + padding);
    }
    return value;
  }

  private String string() throws ProtocolException {
    return utf8(u8());
  }

  private String utf8(int length) throws ProtocolException {
    ByteBuffer bytes = in.nioBuffer(advance(length), length);
    try {
      // A fresh decoder reports malformed input instead of replacing it.
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      ProtocolException malformed = malformed("a string is not UTF-8");
      malformed.initCause(e);
      throw malformed;
    }
  }

  private int advance(int bytes) throws ProtocolException {
    if (end - at < bytes) {
      throw malformed("its fields end too early");
    }
    int index = at;
    at += bytes;
    return index;
  }

  private ProtocolException malformed(String what) {
    return new ProtocolException(ErrorCode.MALFORMED, type + ": " + what);
  }
}
