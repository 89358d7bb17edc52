package io.drva.cli;

import io.drva.logstore.ByteCount;
import io.drva.logstore.ChainOfLog;
import io.drva.logstore.HostState;
import io.drva.logstore.LostRecords;
import io.drva.logstore.VolumeCheck;
import java.io.PrintWriter;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A look at a volume as the commands show it, for machines as it is.
 *
 * @param logs one for each domain
 */
record VolumeReport(
    String path,
    String id,
    long sizeBytes,
    int cycleBytes,
    int cycles,
    int cyclesFree,
    int cyclesMissing,
    boolean sound,
    List<Log> logs) {

  VolumeReport {
    logs = List.copyOf(logs);
  }

  /**
   * A domain's log.
   *
   * @param chain the chain that it is shipped to; null when it never was
   * @param content null when it was not read
   */
  record Log(String domain, int cycles, String chain, Content content) {}

  /**
   * @param damage null when the log is sound
   */
  record Content(
      long firstLsn,
      long lastLsn,
      long releasedLsn,
      long dataBytes,
      String lastTime,
      int hosts,
      int disks,
      Damage damage) {}

  /**
   * @param lastSeqs of each host with records behind the damage: the last sequence number before
   *     it, and the last that is known behind it
   */
  record Damage(
      String file,
      long offsetBytes,
      String message,
      long firstLsnLost,
      long lastLsnSeen,
      int recordsSeen,
      String lastTimeSeen,
      SortedMap<String, long[]> lastSeqs) {}

  static VolumeReport of(VolumeCheck check) {
    return new VolumeReport(
        check.path().toString(),
        check.id().toString(),
        check.size().sizeBytes(),
        check.size().cycleBytes(),
        check.size().cycles(),
        check.cyclesFree(),
        check.cyclesMissing(),
        check.isSound(),
        check.logs().stream().map(VolumeReport::of).toList());
  }

  private static Log of(VolumeCheck.Log log) {
    return new Log(
        log.domain(),
        log.cycles(),
        log.chain().map(ChainOfLog::id).map(Object::toString).orElse(null),
        log.content().map(VolumeReport::of).orElse(null));
  }

  private static Content of(VolumeCheck.Content content) {
    return new Content(
        content.firstLsn(),
        content.lastLsn(),
        content.releasedLsn(),
        content.dataBytes(),
        time(content.lastTimeMicros()),
        content.hosts().size(),
        content.disks().size(),
        content.damage().map(damage -> of(damage, content.hosts())).orElse(null));
  }

  private static Damage of(VolumeCheck.Damage damage, List<HostState> hosts) {
    LostRecords lost = damage.lost();
    SortedMap<String, long[]> lastSeqs = new TreeMap<>();
    lost.lastSeqsSeen()
        .forEach(
            (number, seq) -> {
              HostState known =
                  hosts.stream().filter(host -> host.number() == number).findFirst().orElse(null);
              lastSeqs.put(
                  known == null ? "host " + number : known.name(),
                  new long[] {known == null ? 0 : known.lastSeq(), seq});
            });
    return new Damage(
        damage.file().toString(),
        damage.offsetBytes(),
        damage.message(),
        lost.firstLsn(),
        lost.lastLsnSeen(),
        lost.recordsSeen(),
        time(lost.lastTimeMicrosSeen()),
        lastSeqs);
  }

  /** The same with one domain's log. */
  VolumeReport only(String domain) throws OperatorException {
    if (logs.stream().noneMatch(log -> log.domain().equals(domain))) {
      throw new OperatorException(Main.USAGE, path + " has no log of domain '" + domain + "'");
    }
    return new VolumeReport(
        path,
        id,
        sizeBytes,
        cycleBytes,
        cycles,
        cyclesFree,
        cyclesMissing,
        sound,
        logs.stream().filter(log -> log.domain().equals(domain)).toList());
  }

  private static String time(long micros) {
    return micros == 0 ? null : Times.of(micros);
  }

  void print(PrintWriter out) {
    out.println(
        path
            + ": "
            + ByteCount.text(sizeBytes)
            + ", "
            + cycles
            + " log files of "
            + ByteCount.text(cycleBytes)
            + ", "
            + cyclesFree
            + " free"
            + (cyclesMissing == 0 ? "" : ", " + cyclesMissing + " MISSING OR CUT SHORT"));
    if (logs.isEmpty()) {
      out.println("no domain has a log on it");
    } else {
      boolean read = logs.getFirst().content() != null;
      Table table = new Table();
      if (read) {
        table.row("domain", "files", "LSN", "released", "data", "hosts", "disks", "newest", "");
      } else {
        table.row("domain", "files", "chain");
      }
      logs.forEach(log -> table.row(read ? readRow(log) : row(log)));
      table.print(out);
    }
    logs.stream()
        .filter(log -> log.content() != null && log.content().damage() != null)
        .forEach(log -> print(log, log.content().damage(), out));
    out.flush();
  }

  private static String[] row(Log log) {
    return new String[] {
      log.domain(), Integer.toString(log.cycles()), log.chain() == null ? "-" : log.chain()
    };
  }

  private static String[] readRow(Log log) {
    Content content = log.content();
    return new String[] {
      log.domain(),
      Integer.toString(log.cycles()),
      content.lastLsn() < content.firstLsn()
          ? "none"
          : content.firstLsn() + " to " + content.lastLsn(),
      Long.toString(content.releasedLsn()),
      ByteCount.text(content.dataBytes()),
      Integer.toString(content.hosts()),
      Integer.toString(content.disks()),
      content.lastTime() == null ? "-" : content.lastTime(),
      content.damage() == null ? "sound" : "DAMAGED"
    };
  }

  private static void print(Log log, Damage damage, PrintWriter out) {
    out.println();
    out.println("domain " + log.domain() + ": " + damage.message());
    out.println(
        "  intact up to LSN "
            + log.content().lastLsn()
            + (log.content().lastTime() == null ? "" : " (" + log.content().lastTime() + ")")
            + "; lost from LSN "
            + damage.firstLsnLost()
            + " on"
            + (damage.recordsSeen() == 0
                ? ""
                : ", at least up to LSN "
                    + damage.lastLsnSeen()
                    + (damage.lastTimeSeen() == null ? "" : " (" + damage.lastTimeSeen() + ")")));
    damage
        .lastSeqs()
        .forEach(
            (host, seqs) ->
                out.println(
                    "  "
                        + host
                        + " had sent up to "
                        + seqs[1]
                        + " at least, and falls back to "
                        + seqs[0]
                        + ": unless the chain has more, its disks must be resynchronized"));
    out.println(
        "  keep a copy of the volume; then end the log before the damage with 'drva volume truncate --domain "
            + log.domain()
            + "', or, if the chain goes beyond, give the log up with 'drva volume discard' and take the domain over");
  }
}
