package io.upstream4j.distribution.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.upstream4j.distribution.gateway.AccessRecord;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AccessFormatTest {
  private static final String COMMON =
      "(\\S+) - - \\[([^]]+)] \"((?:[^\"\\\\]|\\\\.)*)\" (\\d+) (\\d+)";

  private static String line(AccessFormat format, AccessRecord record) {
    StringBuilder line = new StringBuilder();
    format.write(line, record);
    assertThat(line.toString()).endsWith("\n");
    line.setLength(line.length() - 1);
    assertThat(line.toString()).doesNotContain("\n", "\r");
    return line.toString();
  }

  @Test
  void theCommonFormatIsThatOfEveryToolForLogs() {
    Matcher parts =
        Pattern.compile(COMMON).matcher(line(AccessFormat.COMMON, AccessRecords.get("/a?b=c")));
    assertThat(parts.matches()).isTrue();
    assertThat(parts.group(1)).isEqualTo("192.0.2.7");
    assertThat(
            OffsetDateTime.parse(
                    parts.group(2),
                    DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ROOT))
                .toInstant())
        .isEqualTo(Instant.ofEpochSecond(AccessRecords.STARTED / 1000));
    assertThat(parts.group(3)).isEqualTo("GET /a?b=c HTTP/1.1");
    assertThat(parts.group(4)).isEqualTo("200");
    assertThat(parts.group(5)).isEqualTo("42");
  }

  @Test
  void nothingThatAClientSendsEndsAFieldOrALine() {
    assertThat(line(AccessFormat.COMBINED, AccessRecords.get("/\"\u00e4")))
        .endsWith(
            "\"GET /\\x22\\xE4 HTTP/1.1\" 200 42 \"http://shop.test/\\x22a\" \"curl/8\\x5C\\x0A1\"");
  }

  @Test
  void nothingThatAClientSendsSteersATerminal() throws Exception {
    String odd = "/\u001b\u007f\u0085\u009b\u00a0\u2028\u202e\ud83d\ud83d\udd11\ud800";
    for (AccessFormat format : AccessFormat.values()) {
      assertThat(line(format, AccessRecords.get(odd))).matches("[ -~]+");
    }
    assertThat(line(AccessFormat.COMMON, AccessRecords.get(odd)))
        .contains(
            "\"GET /\\x1B\\x7F\\x85\\x9B\\xA0\\xE2\\x80\\xA8\\xE2\\x80\\xAE\\x3F"
                + "\\xF0\\x9F\\x94\\x91\\x3F HTTP/1.1\"");
    JsonNode json = new ObjectMapper().readTree(line(AccessFormat.JSON, AccessRecords.get(odd)));
    assertThat(json.get("target").textValue()).isEqualTo(odd);
  }

  @Test
  void whatIsMissingIsAHyphen() {
    assertThat(line(AccessFormat.COMBINED, AccessRecords.unread()))
        .matches("::1 - - \\[[^]]+] \"-\" 400 0 \"-\" \"-\"");
  }

  @Test
  void jsonTellsTheWayOfTheRequestAsWell() throws Exception {
    JsonNode line =
        new ObjectMapper()
            .readTree(line(AccessFormat.JSON, AccessRecords.get("/a\"\\\u0001\u00e4")));
    assertThat(Instant.parse(line.get("time").textValue()).toEpochMilli())
        .isEqualTo(AccessRecords.STARTED);
    assertThat(line.get("client").textValue()).isEqualTo("192.0.2.7");
    assertThat(line.get("method").textValue()).isEqualTo("GET");
    assertThat(line.get("host").textValue()).isEqualTo("shop.test");
    assertThat(line.get("target").textValue()).isEqualTo("/a\"\\\u0001\u00e4");
    assertThat(line.get("protocol").textValue()).isEqualTo("HTTP/1.1");
    assertThat(line.get("status").intValue()).isEqualTo(200);
    assertThat(line.get("bytes").longValue()).isEqualTo(42);
    assertThat(line.get("complete").booleanValue()).isTrue();
    assertThat(line.get("duration_ms").doubleValue()).isEqualTo(1.234);
    assertThat(line.get("upstream").textValue()).isEqualTo("api");
    assertThat(line.get("backend").textValue()).isEqualTo("10.0.0.1:8080");
    assertThat(line.get("tries").intValue()).isEqualTo(2);
    assertThat(line.get("error").textValue()).isEqualTo("connection refused \"x\"");
    assertThat(line.get("user_agent").textValue()).isEqualTo("curl/8\\\n1");
    assertThat(line.get("traceparent").textValue()).startsWith("00-0af7");
  }

  @Test
  void jsonLeavesOutWhatThereIsNot() throws Exception {
    JsonNode line = new ObjectMapper().readTree(line(AccessFormat.JSON, AccessRecords.unread()));
    assertThat(line.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "time", "client", "status", "bytes", "complete", "duration_ms", "tries");
  }
}
