package io.upstream4j.core.config;

import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.scanner.Constant;

/**
 * A text that the YAML scanner has all of from the start. For one thread.
 *
 * <p>SnakeYAML's own reader takes a thousand characters at a time and copies what it holds each
 * time, which for a comment or a value of 3 MiB takes ten seconds. This one takes time linear in
 * the text; four bytes a character, no more than 12 MiB.
 */
final class WholeText extends StreamReader {
  private static final String NAME = "text";
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final int[] text;
  private int index;
  private int documentIndex;
  private int line;
  private int column;

  WholeText(String text) {
    super("");
    this.text = text.codePoints().toArray();
  }

  @Override
  public Mark getMark() {
    return new Mark(NAME, index, line, column, text, index);
  }

  @Override
  public void forward() {
    forward(1);
  }

  @Override
  public void forward(int length) {
    for (int i = 0; i < length && index < text.length; i++) {
      int c = text[index];
      move(1);
      if (Constant.LINEBR.has(c) || (c == '\r' && index < text.length && text[index] != '\n')) {
        line++;
        column = 0;
      } else if (c != BYTE_ORDER_MARK) {
        column++;
      }
    }
  }

  @Override
  public int peek() {
    return peek(0);
  }

  @Override
  public int peek(int ahead) {
    return index + ahead < text.length ? text[index + ahead] : '\0';
  }

  @Override
  public String prefix(int length) {
    return new String(text, index, Math.min(length, text.length - index));
  }

  @Override
  public String prefixForward(int length) {
    String prefix = prefix(length);
    move(length);
    column += length;
    return prefix;
  }

  private void move(int length) {
    index += length;
    documentIndex += length;
  }

  @Override
  public int getColumn() {
    return column;
  }

  @Override
  public int getDocumentIndex() {
    return documentIndex;
  }

  @Override
  public void resetDocumentIndex() {
    documentIndex = 0;
  }

  @Override
  public int getIndex() {
    return index;
  }

  @Override
  public int getLine() {
    return line;
  }
}
