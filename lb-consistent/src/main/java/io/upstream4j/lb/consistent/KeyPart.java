package io.upstream4j.lb.consistent;

import java.util.Locale;

/**
 * The configured part of a request that decides its backend.
 *
 * @param kind the kind of part
 * @param name the name of the header, the cookie or the query parameter; empty for the other kinds
 */
record KeyPart(Kind kind, String name) {
  static final String KINDS = "url, path, host, ip, header:<name>, cookie:<name> or query:<name>";

  private static final int MAX_NAME = 256;

  enum Kind {
    URL(false),
    PATH(false),
    HOST(false),
    IP(false),
    HEADER(true),
    COOKIE(true),
    QUERY(true);

    private final boolean named;

    Kind(boolean named) {
      this.named = named;
    }

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Parses {@code path}, {@code header:x-user} and the like. An exception without a message leaves
   * the description of the error to the option.
   */
  static KeyPart read(String text) {
    int colon = text.indexOf(':');
    String word = colon < 0 ? text : text.substring(0, colon);
    String name = colon < 0 ? "" : text.substring(colon + 1);
    for (Kind kind : Kind.values()) {
      if (kind.text().equals(word)) {
        if (kind.named != (colon >= 0)) {
          throw new IllegalArgumentException();
        }
        boolean fits =
            name.length() <= MAX_NAME
                && (kind == Kind.QUERY ? isQueryName(name) : !kind.named || isToken(name));
        if (!fits) {
          throw new IllegalArgumentException(
              "(expected: "
                  + word
                  + ":<name>, the name "
                  + (kind == Kind.QUERY
                      ? "as it stands in a URL, percent-encoded"
                      : "made of letters, digits and !#$%&'*+-.^_`|~")
                  + ", at most "
                  + MAX_NAME
                  + ")");
        }
        return new KeyPart(kind, name);
      }
    }
    throw new IllegalArgumentException();
  }

  /** Returns whether a text can occur before an equals sign in a query. */
  private static boolean isQueryName(String name) {
    return !name.isEmpty()
        && name.chars().allMatch(c -> c > ' ' && c < 0x7f && "&=#".indexOf(c) < 0);
  }

  /**
   * Returns whether a text is a token (RFC 9110, section 5.6.2), as names of headers and cookies
   * are.
   */
  private static boolean isToken(String name) {
    return !name.isEmpty()
        && name.chars()
            .allMatch(
                c ->
                    (c >= '0' && c <= '9')
                        || (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }

  /** Returns the form that {@link #read} parses. */
  @Override
  public String toString() {
    return kind.named ? kind.text() + ":" + name : kind.text();
  }
}
