package io.drva.protocol;

import java.util.regex.Pattern;

/** The rules for names, section 1 of the specification. */
final class Names {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9](-?[a-z0-9])*");
  private static final int DOMAIN_LENGTH_MIN = 3;
  private static final int DOMAIN_LENGTH_MAX = 63;

  private Names() {}

  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  static boolean isDomain(String domain) {
    // The length first: it bounds the work of the pattern.
    return domain.length() >= DOMAIN_LENGTH_MIN
        && domain.length() <= DOMAIN_LENGTH_MAX
        && DOMAIN.matcher(domain).matches();
  }

  static void checkName(String what, String name) throws ProtocolException {
    if (!isName(name)) {
      throw new ProtocolException(
          ErrorCode.BAD_NAME, what + " name must match " + NAME + ": '" + printable(name) + "'");
    }
  }

  static void checkDomain(String domain) throws ProtocolException {
    if (!isDomain(domain)) {
      throw new ProtocolException(
          ErrorCode.BAD_NAME,
          "domain name must match "
              + DOMAIN
              + " with 3 to 63 characters: '"
              + printable(domain)
              + "'");
    }
  }

  /** What came from outside, fit for a log line: bounded, and without control characters. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), 128));
    for (int i = 0; i < text.length() && i < 128; i++) {
      char c = text.charAt(i);
      out.append(Character.isISOControl(c) ? '?' : c);
    }
    return out.toString();
  }
}
