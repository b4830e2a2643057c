package io.upstream4j.api.option;

/**
 * Prepares untrusted text (from a file, a peer or a plug-in) for a log, a terminal or a message,
 * where it must be one line of bounded length without hidden content.
 */
public final class VisibleText {
  private VisibleText() {}

  /**
   * Returns whether a character is visible or a space. Control characters including C1, which steer
   * a terminal, line separators, invisible characters, characters that change the text direction,
   * and lone surrogates are not.
   */
  public static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> (codePoint & 0xfffe) != 0xfffe; // noncharacters
    };
  }

  /** Escapes invisible characters as {@code \u0085} and line feeds as {@code \n}. */
  public static String escaped(String text) {
    if (text.codePoints().allMatch(VisibleText::isVisible)) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (isVisible(c)) {
                escaped.appendCodePoint(c);
              } else if (c == '\n') {
                escaped.append("\\n");
              } else {
                for (char half : Character.toChars(c)) {
                  escaped.append(String.format("\\u%04x", (int) half));
                }
              }
            });
    return escaped.toString();
  }

  /**
   * Shortens a long text to its beginning and its end: messages begin with what is wrong, and end
   * with what would be right.
   *
   * @param most the greatest number of characters to keep, without the mark between the two parts;
   *     at least 2
   */
  public static String shortened(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = text.length() - most / 2;
    if (Character.isLowSurrogate(text.charAt(end))) {
      end++;
    }
    return head(text, most / 2) + " … " + text.substring(end);
  }

  /** The beginning, without splitting a surrogate pair. */
  static String head(String text, int length) {
    return text.substring(
        0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
  }
}
