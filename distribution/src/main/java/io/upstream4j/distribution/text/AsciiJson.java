package io.upstream4j.distribution.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON in visible ASCII, and escapes all other characters. The text is therefore independent
 * of the encoding of terminals, log collectors and browsers, and may contain lone surrogates.
 */
public final class AsciiJson {
  private static final HexFormat HEX = HexFormat.of();
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .characterEscapes(new DeleteEscaped())
          .build();

  private AsciiJson() {}

  /** Creates a generator with line breaks, so that people can read the output, too. */
  public static JsonGenerator generator(OutputStream out) throws IOException {
    return JSON.createGenerator(out).useDefaultPrettyPrinter();
  }

  /** Creates a generator with line breaks, so that people can read the output, too. */
  public static JsonGenerator generator(Writer out) throws IOException {
    return JSON.createGenerator(out).useDefaultPrettyPrinter();
  }

  /** Appends the content of a string, without quotes. */
  public static void append(StringBuilder json, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || c > '~') {
        json.append("\\u").append(HEX.toHexDigits(c));
      } else {
        json.append(c);
      }
    }
  }

  /** Escapes DEL, the only ASCII control character that Jackson does not escape. */
  private static final class DeleteEscaped extends CharacterEscapes {
    private static final long serialVersionUID = 1L;

    private final int[] escapes = standardAsciiEscapesForJSON();

    DeleteEscaped() {
      escapes[0x7f] = ESCAPE_STANDARD;
    }

    @Override
    public int[] getEscapeCodesForAscii() {
      return escapes.clone();
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int c) {
      return null;
    }
  }
}
