package io.upstream4j.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShortFormsTest {
  private static final Location PLACE = new Location("f", 3, 7);

  private interface Form {
    Node.Mapping translate(ShortForms forms, Node.Scalar text, String path);
  }

  private static Node.Mapping translate(Form form, String text) {
    Problems problems = new Problems();
    Node.Mapping mapping =
        form.translate(new ShortForms(problems), new Node.Scalar(PLACE, text), "p");
    assertThat(problems.list()).isEmpty();
    return mapping;
  }

  private static void assertRefused(Form form, String text, String message) {
    Problems problems = new Problems();
    form.translate(new ShortForms(problems), new Node.Scalar(PLACE, text), "p");
    assertThat(problems.list().stream().map(Problem::toString))
        .containsExactly("f:3:7: p: " + message);
  }

  private static void assertCheck(String text, Map<String, ?> mapping) {
    assertThat(translate(ShortForms::healthCheck, text))
        .as(text)
        .isEqualTo(Node.Mapping.of(mapping));
  }

  private static void assertAlgo(String text, Map<String, ?> mapping) {
    assertThat(translate(ShortForms::algo, text)).as(text).isEqualTo(Node.Mapping.of(mapping));
  }

  @Test
  void anAlgoIsATypeOrAHash() {
    assertAlgo("round_robin", Map.of("round_robin", Map.of()));
    assertAlgo("least2", Map.of("least2", Map.of()));
    assertAlgo("hash", Map.of("consistent", Map.of()));
    assertAlgo("hash:url", Map.of("consistent", Map.of("key", "url")));
    assertAlgo("hash:cookie:sid", Map.of("consistent", Map.of("key", "cookie:sid")));
    assertAlgo("hash:header:X-User", Map.of("consistent", Map.of("key", "header:X-User")));
  }

  @Test
  void anAlgoThatIsNotUnderstoodIsRefused() {
    String expected =
        " (expected: a type such as round_robin, hash:<key>, or { <type>: { <options> } })";
    assertRefused(ShortForms::algo, "", "nothing" + expected);
    assertRefused(ShortForms::algo, "hash:", "\"hash:\"" + expected);
    assertRefused(
        ShortForms::algo, "RoundRobin", "no type \"RoundRobin\"; did you mean \"round_robin\"?");
    assertRefused(ShortForms::algo, "ketama:ip", "\"ketama:ip\"" + expected);
    assertRefused(
        ShortForms::algo,
        "round_robin ",
        "no type \"round_robin \"; did you mean \"round_robin\"?");
  }

  @Test
  void aDiscoveryIsAType() {
    assertThat(translate(ShortForms::discovery, "dns"))
        .isEqualTo(Node.Mapping.of(Map.of("dns", Map.of())));
    assertRefused(
        ShortForms::discovery,
        "dns:x",
        "\"dns:x\" (expected: a type such as static, or { <type>: { <options> } })");
  }

  @Test
  void aTcpCheckTakesTheParametersOfEveryCheck() {
    assertCheck("tcp", Map.of("tcp", Map.of()));
    assertCheck("tcp://api", Map.of("tcp", Map.of()));
    assertCheck("tcp://api/", Map.of("tcp", Map.of()));
    assertCheck(
        "tcp://api?check_frequency=5s&success=2&failure=3&connection_timeout=1s&read_timeout=2s"
            + "&parallel=8",
        Map.of(
            "tcp",
            Map.of(),
            "check_frequency",
            "5s",
            "success",
            "2",
            "failure",
            "3",
            "connection_timeout",
            "1s",
            "read_timeout",
            "2s",
            "parallel",
            "8"));
  }

  @Test
  void anHttpCheckIsTheUrlThatIsAskedFor() {
    assertCheck("http", Map.of("http", Map.of()));
    assertCheck("http://api", Map.of("http", Map.of("host", "api", "path", "/")));
    assertCheck(
        "http://api/healthz?check_frequency=5s&failure=3",
        Map.of(
            "http",
            Map.of("host", "api", "path", "/healthz"),
            "check_frequency",
            "5s",
            "failure",
            "3"));
    assertCheck(
        "http://api.example.com:8080/h?deep=1&success=2&q=%20x&flag",
        Map.of(
            "http",
            Map.of("host", "api.example.com:8080", "path", "/h?deep=1&q=%20x&flag"),
            "success",
            "2"));
    assertCheck(
        "https://[2001:db8::1]:8443/x",
        Map.of("http", Map.of("host", "[2001:db8::1]:8443", "path", "/x", "tls", "true")));
  }

  @Test
  void aGrpcCheckNamesItsService() {
    assertCheck(
        "grpc://api?service=search.v1&tls&failure=3",
        Map.of(
            "grpc", Map.of("host", "api", "service", "search.v1", "tls", "true"), "failure", "3"));
  }

  @Test
  void flagsOfPingapMeanWhatTheyMeanThere() {
    assertCheck("tcp://api?reuse=true", Map.of("tcp", Map.of(), "reuse", "true"));
    assertCheck(
        "http://api/x?reuse&parallel&y",
        Map.of("http", Map.of("host", "api", "path", "/x?y"), "reuse", "true"));
    assertCheck("tcp://api?parallel=true", Map.of("tcp", Map.of()));
    assertCheck("tcp://api?parallel=false", Map.of("tcp", Map.of(), "parallel", "1"));
    assertCheck(
        "http://api/x?tls", Map.of("http", Map.of("host", "api", "path", "/x", "tls", "true")));
    assertCheck(
        "grpc://api/any?tls=true&service=a&reuse=false",
        Map.of("grpc", Map.of("host", "api", "service", "a", "tls", "true"), "reuse", "false"));
    assertRefused(
        ShortForms::healthCheck,
        "https://api/?tls",
        "\"https://api/?tls\": \"tls\" is there twice (expected: once)");
  }

  @Test
  void aCheckThatIsNotUnderstoodIsRefused() {
    String expected = " (expected: " + Keys.HEALTH_CHECK.expected() + ")";
    for (String text :
        List.of("http:/api", "://api", "http//x", "http://api/a b", "http://api/#part", "None")) {
      assertRefused(ShortForms::healthCheck, text, "\"" + text + "\"" + expected);
    }
    assertRefused(
        ShortForms::healthCheck,
        "ftp://api/x",
        "\"ftp://api/x\" (expected: a URL that begins with tcp, http, https or grpc)");
    for (String text :
        List.of("http:///x", "http://user:secret@api/x", "http://api:/x", "http://")) {
      assertRefused(
          ShortForms::healthCheck,
          text,
          "\"" + text + "\" (expected: http://host/path or http://host:port/path)");
    }
    assertRefused(
        ShortForms::healthCheck,
        "tcp://api/path",
        "\"tcp://api/path\" (expected: tcp://name or tcp://name?check_frequency=5s)");
  }

  @Test
  void aTcpCheckTellsWhatIsSentAndExpected() {
    assertCheck(
        "tcp://redis?send=PING\\r\\n&expect=+PONG=1&failure=3",
        Map.of("tcp", Map.of("send", "PING\\r\\n", "expect", "+PONG=1"), "failure", "3"));
    assertRefused(
        ShortForms::healthCheck,
        "tcp://redis?expect=a&expect=b",
        "\"tcp://redis?expect=a&expect=b\": \"expect\" is there twice (expected: once)");
  }

  @Test
  void aTcpCheckHasNoOtherParameters() {
    assertRefused(
        ShortForms::healthCheck,
        "tcp://api?check_frequenzy=5s",
        "unknown parameter \"check_frequenzy\";" + " did you mean \"check_frequency\"?");
  }

  @Test
  void aParameterIsThereOnce() {
    assertRefused(
        ShortForms::healthCheck,
        "http://api/?failure=3&failure=4",
        "\"http://api/?failure=3&failure=4\": \"failure\" is there twice (expected: once)");
    assertRefused(
        ShortForms::healthCheck,
        "grpc://api?service=a&service=b",
        "\"grpc://api?service=a&service=b\": \"service\" is there twice (expected: once)");
  }

  @Test
  void whatItStandsForKeepsItsPlace() {
    Node.Mapping check = translate(ShortForms::healthCheck, "http://api/x?failure=3");

    assertThat(check.location()).isEqualTo(PLACE);
    assertThat(check.entries())
        .allSatisfy(
            entry -> {
              assertThat(entry.location()).isEqualTo(PLACE);
              assertThat(entry.value().location()).isEqualTo(PLACE);
            });
  }
}
