package io.upstream4j.distribution.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class AsciiJsonTest {
  private static String everyCharacter() {
    StringBuilder all = new StringBuilder();
    for (char c = 0; c < 0xffff; c++) {
      all.append(c); // including surrogates in the wrong order
    }
    return all.append("🔑\ud83d").toString();
  }

  @Test
  void whateverIsWrittenIsVisibleAsciiAndReadAsItWas() throws IOException {
    String all = everyCharacter();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    StringWriter text = new StringWriter();
    for (JsonGenerator json :
        new JsonGenerator[] {AsciiJson.generator(bytes), AsciiJson.generator(text)}) {
      json.writeStartObject();
      json.writeStringField("all", all);
      for (char c : new char[] {0x7f, 0x9b, 0x2028}) {
        json.writeStringField("key" + c, "short" + c);
      }
      json.writeEndObject();
      json.close();
    }
    StringBuilder appended = new StringBuilder("{\"all\" : \"");
    AsciiJson.append(appended, all);
    appended.append("\"}");

    for (String json : new String[] {bytes.toString(UTF_8), text.toString(), appended.toString()}) {
      assertThat(json).matches("[ -~\n]+");
      assertThat(new ObjectMapper().readTree(json).get("all").textValue()).isEqualTo(all);
    }
  }
}
