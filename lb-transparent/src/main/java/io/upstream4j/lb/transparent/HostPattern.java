package io.upstream4j.lb.transparent;

import java.util.Locale;

/**
 * Matches one host, the subdomains of a domain, or every host.
 *
 * @param domain in the form of {@link Host#canonical}; empty for every host
 * @param below whether the pattern matches the subdomains instead of the domain itself
 */
record HostPattern(String domain, boolean below) {
  static final String EXPECTED = "a host, *.<domain> for the hosts below it, or * for every host";

  static HostPattern read(String text) {
    if (text.equals("*")) {
      return new HostPattern("", true);
    }
    boolean below = text.startsWith("*.");
    String host = below ? text.substring(2) : text;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    String canonical = Host.canonical(host.toLowerCase(Locale.ROOT));
    if (canonical == null || (below && Host.isAddress(canonical))) {
      throw new IllegalArgumentException();
    }
    return new HostPattern(canonical, below);
  }

  boolean matches(String host) {
    if (!below) {
      return host.equals(domain);
    }
    if (domain.isEmpty()) {
      return true;
    }
    int dot = host.length() - domain.length() - 1;
    return dot > 0 && host.charAt(dot) == '.' && host.endsWith(domain);
  }

  /** Returns the form that {@link #read} parses. */
  @Override
  public String toString() {
    return domain.isEmpty() ? "*" : below ? "*." + domain : domain;
  }
}
