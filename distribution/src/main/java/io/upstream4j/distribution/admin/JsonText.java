package io.upstream4j.distribution.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.upstream4j.distribution.text.AsciiJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Writes JSON with line breaks, so that people can read it, too. */
final class JsonText {
  private JsonText() {}

  /** Writes the fields of an object. */
  @FunctionalInterface
  interface Writing {
    void to(JsonGenerator json) throws IOException;
  }

  /** Writes an object in parts. */
  @FunctionalInterface
  interface Parts {
    /** Writes the next part. Returns whether there is another one. */
    boolean next(JsonGenerator json) throws IOException;
  }

  /**
   * Returns an object as bytes.
   *
   * @param fields writes its fields
   */
  static byte[] object(Writing fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    Pieces whole =
        pieces(
            json -> {
              fields.to(json);
              return false;
            });
    try {
      whole.next(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("a write to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** Returns an object that is created while it is sent. */
  static Pieces pieces(Parts fields) {
    return new ObjectPieces(fields);
  }

  private static final class ObjectPieces implements Pieces {
    private final Parts fields;
    private final Target target = new Target();
    private @Nullable JsonGenerator begun;

    ObjectPieces(Parts fields) {
      this.fields = fields;
    }

    @Override
    public boolean next(OutputStream out) throws IOException {
      target.out = out;
      JsonGenerator json = begun;
      if (json == null) {
        json = AsciiJson.generator(target);
        json.writeStartObject();
        begun = json;
      }
      if (fields.next(json)) {
        json.flush();
        return true;
      }
      json.writeEndObject();
      json.writeRaw('\n');
      json.close();
      return false;
    }
  }

  /** The generator's output, which is redirected to another stream for each piece. */
  private static final class Target extends OutputStream {
    private OutputStream out = OutputStream.nullOutputStream();

    @Override
    public void write(int b) throws IOException {
      out.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }
  }
}
