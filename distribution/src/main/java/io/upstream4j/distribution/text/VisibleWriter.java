package io.upstream4j.distribution.text;

import io.upstream4j.api.option.VisibleText;
import java.io.PrintWriter;

/**
 * Prints lines, and replaces invisible characters with spaces, so that text from a peer or a file
 * cannot steer the terminal. Flushes after each line.
 */
public final class VisibleWriter extends PrintWriter {
  /** Creates a writer that prints to another one. */
  public VisibleWriter(PrintWriter out) {
    super(out, true);
  }

  @Override
  public void write(int c) {
    super.write(isKept((char) c) ? c : ' ');
  }

  @Override
  public void write(char[] text, int offset, int length) {
    write(new String(text, offset, length), 0, length);
  }

  @Override
  public void write(String text, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (!isKept(text.charAt(i))) {
        super.write(visible(text.substring(offset, offset + length)), 0, length);
        return;
      }
    }
    super.write(text, offset, length);
  }

  private static String visible(String text) {
    StringBuilder visible = new StringBuilder(text.length());
    text.chars().forEach(c -> visible.append(isKept((char) c) ? (char) c : ' '));
    return visible.toString();
  }

  /**
   * Surrogates are kept, because the halves of a character may be printed separately; the encoder
   * checks them.
   */
  private static boolean isKept(char c) {
    return c == '\n' || c == '\t' || Character.isSurrogate(c) || VisibleText.isVisible(c);
  }
}
