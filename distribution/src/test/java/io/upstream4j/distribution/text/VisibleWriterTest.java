package io.upstream4j.distribution.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class VisibleWriterTest {
  private final StringWriter printed = new StringWriter();
  private final VisibleWriter out = new VisibleWriter(new PrintWriter(printed));

  @Test
  void linesArePrintedAsTheyAre() {
    out.println("größe\t🔑");
    out.printf("%d of %s%n", 3, "seven");
    out.print('x');
    out.append("one\ntwo").flush();

    assertThat(printed).hasToString("größe\t🔑\n3 of seven\nxone\ntwo");
  }

  @Test
  void whatSteersATerminalIsASpace() {
    out.print("a\u001b[2Jb\u009b2J\rc\u2028d\u202ee\u007f\n");
    out.print('\u0007');
    out.write(new char[] {'x', '\u0085', 'y'}, 1, 2);
    out.flush();

    assertThat(printed).hasToString("a [2Jb 2J c d e \n  y");
  }

  @Test
  void whetherItsReaderIsGoneIsKnown() {
    PrintWriter broken =
        new PrintWriter(
            new StringWriter() {
              @Override
              public void write(String text, int offset, int length) {}
            }) {
          @Override
          public boolean checkError() {
            return true;
          }
        };

    assertThat(new VisibleWriter(broken).checkError()).isTrue();
  }
}
