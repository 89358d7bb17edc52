package io.drva.kill;

import java.util.Map;
import java.util.TreeMap;

/** What a campaign comes to. */
final class Tally {
  private final Map<String, Integer> kills = new TreeMap<>();
  private long unlogged;
  private long loggedUnacknowledged;
  private long writesSent;
  private long bytesSent;
  int disksRecovered;
  int outages;
  int logsFull;
  int growths;
  int secondDomains;
  int looksAtOpenFiles;

  void killed(String where) {
    kills.merge(where, 1, Integer::sum);
  }

  void add(Ledger.Unacknowledged writes) {
    unlogged += writes.unlogged();
    loggedUnacknowledged += writes.logged();
  }

  /** The hosts of a domain have sent all, and it has been checked. */
  void sent(Ledger ledger) {
    writesSent += ledger.writesSent();
    bytesSent += ledger.bytesSent();
  }

  int kills() {
    return kills.values().stream().mapToInt(Integer::intValue).sum();
  }

  void print() {
    System.out.println("| killed | times |\n| --- | --- |");
    kills.forEach((where, times) -> System.out.println("| " + where + " | " + times + " |"));
    System.out.printf(
        """
        | all | %d |

        writes acknowledged, and each once in a chain: %,d (%,d bytes)
        of those, at a kill not acknowledged and not in the log: %,d
        of those, at a kill not acknowledged and in the log: %,d
        disks recovered, equal byte for byte: %d
        outages of the store: %d, of which %d until the log was full
        growths of the volume: %d; domains that came and went: %d; looks at open files: %d
        """,
        kills(),
        writesSent,
        bytesSent,
        unlogged,
        loggedUnacknowledged,
        disksRecovered,
        outages,
        logsFull,
        growths,
        secondDomains,
        looksAtOpenFiles);
  }
}
