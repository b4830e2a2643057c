package io.upstream4j.api.option;

/**
 * Text that comes from elsewhere (a file, a peer, a plug-in) and goes to a log, a terminal or a
 * message: there it must be one line, of a bounded length, that shows what it holds.
 */
public final class VisibleText {
  private VisibleText() {}

  /**
   * Whether a person sees a character, be it as a space. Not so: control characters, C1 among them,
   * which steer a terminal; separators of lines; what is invisible or changes the direction of what
   * is around it; and halves of characters.
   */
  public static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> (codePoint & 0xfffe) != 0xfffe; // no characters at all
    };
  }

  /** The text with {@code \u0085} and the like for what is not visible, and {@code \n}. */
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
   * The text, or its beginning and its end where it is longer: messages begin with what is wrong,
   * and end with what would be right.
   *
   * @param most how many characters are left at most, but for the mark between the two; from 2
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

  /** The beginning, of whole characters. */
  static String head(String text, int length) {
    return text.substring(
        0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
  }
}
