package io.drva.logstore;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What a log that is opened after a power cut at this moment must hold: read from the bytes that
 * are written, and counted when their file and its name have been forced. Knows nothing of what the
 * log believes.
 */
public final class DurableRecords {
  private record Key(String host, UUID incarnation) {}

  private record Written(long lsn, int type, int host, long seq, String name, UUID incarnation) {}

  private static final class File {
    final String domain;
    final Path directory;
    final List<Written> written = new ArrayList<>();
    int forced;
    boolean entryForced;

    File(String domain, Path directory) {
      this.domain = domain;
      this.directory = directory;
    }
  }

  private static final class Log {
    final TreeMap<Long, Written> ahead = new TreeMap<>();
    final Map<Integer, Key> hosts = new HashMap<>();
    final Map<Key, Long> lastSeqs = new HashMap<>();
    long lastLsn;
  }

  private final Map<FileChannel, File> files = new HashMap<>();
  private final Map<String, Log> logs = new HashMap<>();
  private final RecordHeader header = new RecordHeader();
  private final boolean isComplete;

  /**
   * @param isComplete whether the logs are empty but for what {@link #begin} says; else nothing is
   *     known of them
   */
  public DurableRecords(boolean isComplete) {
    this.isComplete = isComplete;
  }

  /** What a domain's log holds to begin with. */
  public void begin(String domain, long lastLsn, List<HostState> hosts) {
    Log log = new Log();
    log.lastLsn = lastLsn;
    for (HostState host : hosts) {
      ByteBuffer bytes = ByteBuffer.wrap(host.incarnationBytes());
      UUID incarnation = new UUID(bytes.getLong(), bytes.getLong());
      Key key = new Key(host.name(), incarnation);
      log.hosts.put(host.number(), key);
      log.lastSeqs.put(key, host.lastSeq());
    }
    logs.put(domain, log);
  }

  /**
   * The last change of a host's incarnation that is durable, 0 when there is none; Long.MAX_VALUE
   * when it is not known.
   */
  public long lastSeq(String domain, String host, UUID incarnation) {
    if (!isComplete) {
      return Long.MAX_VALUE;
    }
    Log log = logs.get(domain);
    return log == null ? 0 : log.lastSeqs.getOrDefault(new Key(host, incarnation), 0L);
  }

  void opened(FileChannel channel, Path path) {
    files.keySet().removeIf(known -> !known.isOpen());
    if (RunAppender.isCycleFile(path)) {
      Path run = path.getParent();
      files.put(channel, new File(run.getParent().getFileName().toString(), run));
    }
  }

  /** Content was written, which may be the records of a group. */
  void written(FileChannel channel, ByteBuffer content) {
    File file = files.get(channel);
    if (file == null || !isComplete) {
      return;
    }
    int at = content.position() + RecordGroup.HEADER_BYTES;
    while (at + RecordHeader.BYTES <= content.limit() && header.decode(content, at) == null) {
      if (RecordType.hasLsn(header.type)) {
        file.written.add(record(content, at + RecordHeader.BYTES));
      }
      at += RecordGroup.encodedBytes(header.dataLengthBytes);
    }
  }

  private Written record(ByteBuffer content, int dataAt) {
    String name = null;
    UUID incarnation = null;
    if (header.type == RecordType.HOST_ATTACHED) {
      incarnation = new UUID(content.getLong(dataAt), content.getLong(dataAt + Long.BYTES));
      name = DomainState.nameAt(content, dataAt + LogLimits.INCARNATION_BYTES);
    }
    return new Written(header.lsn, header.type, header.host, header.seq, name, incarnation);
  }

  /** A force of a file begins; what is returned says what it covers. */
  Object forcing(FileChannel channel) {
    File file = files.get(channel);
    return file == null ? 0 : file.written.size();
  }

  void forced(FileChannel channel, Object began) {
    File file = files.get(channel);
    if (file != null) {
      file.forced = Math.max(file.forced, (Integer) began);
      count(file);
    }
  }

  void forcedDirectory(Path directory) {
    for (File file : files.values()) {
      if (file.directory.equals(directory)) {
        file.entryForced = true;
        count(file);
      }
    }
  }

  private void count(File file) {
    if (!file.entryForced) {
      return;
    }
    Log log = logs.computeIfAbsent(file.domain, _ -> new Log());
    List<Written> counted = file.written.subList(0, file.forced);
    counted.forEach(record -> log.ahead.put(record.lsn(), record));
    counted.clear();
    file.forced = 0;
    while (!log.ahead.isEmpty() && log.ahead.firstKey() <= log.lastLsn + 1) {
      apply(log, log.ahead.pollFirstEntry().getValue());
    }
  }

  private static void apply(Log log, Written record) {
    if (record.lsn() <= log.lastLsn) {
      throw new IllegalStateException("LSN " + record.lsn() + " is written again");
    }
    log.lastLsn = record.lsn();
    if (record.type() == RecordType.HOST_ATTACHED) {
      Key key = new Key(record.name(), record.incarnation());
      log.hosts.put(record.host(), key);
      log.lastSeqs.put(key, 0L);
    } else if (record.seq() > 0) {
      log.lastSeqs.put(log.hosts.get(record.host()), record.seq());
    }
  }
}
