package io.drva.blobsink;

import java.util.Locale;

/** The names of a container's objects. */
public final class ObjectNames {
  /** The domain's descriptor. */
  public static final String DESCRIPTOR = "domain";

  /** Every chain object's name starts with this. */
  public static final String CHAIN_PREFIX = "chain/";

  private static final int DIGITS = 16;
  private static final long NUMBER_MAX = 9_999_999_999_999_999L;

  private ObjectNames() {}

  /** The name of the chain object with a number. */
  public static String chain(long number) {
    if (number < 1 || number > NUMBER_MAX) {
      throw new IllegalArgumentException("no chain object has the number " + number);
    }
    return String.format(Locale.ROOT, "%s%016d", CHAIN_PREFIX, number);
  }

  /** The number in a chain object's name, or -1 when the name is not that of a chain object. */
  public static long number(String name) {
    if (name.length() != CHAIN_PREFIX.length() + DIGITS || !name.startsWith(CHAIN_PREFIX)) {
      return -1;
    }
    long number = 0;
    for (int i = CHAIN_PREFIX.length(); i < name.length(); i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    return number == 0 ? -1 : number;
  }
}
