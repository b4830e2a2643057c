package io.upstream4j.discovery.fixed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.upstream4j.api.option.ConfigException;
import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StaticOptionsTest {
  @Test
  void everyWrongEntryIsReportedWhereItStands() {
    List<Problem> problems = problems("10.0.0.1:8080", "10.0.0.2:99999", "10.0.0.1:8080 2", "::1");
    assertThat(problems)
        .extracting(Problem::toString)
        .containsExactly(
            "file:2:5: addrs[1]: port: 99999 (expected: 1 to 65535)",
            "file:3:5: addrs[2]: \"10.0.0.1:8080\" is there already, at file:1:5 (expected: each"
                + " backend once; a weight gives it a greater share)",
            "file:4:5: addrs[3]: \"::1\" has several colons (expected: an IPv6 address in brackets, as [::1]:8080)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0.0.0:80            | \"0.0.0.0:80\" is the unspecified address",
        "[::]:80               | \"[::]:80\" is the unspecified address",
        "255.255.255.255       | \"255.255.255.255\" is the broadcast address",
        "239.1.2.3:80          | \"239.1.2.3:80\" is a multicast address",
        "[ff02::1]:80          | \"[ff02::1]:80\" is a multicast address",
        "169.254.169.254       | \"169.254.169.254\" is a link-local address",
        "[fe80::1]:80          | \"[fe80::1]:80\" is a link-local address",
        "[::ffff:0.0.0.0]:80   | \"[::ffff:0.0.0.0]:80\" is the unspecified address",
        "[fe80::1%eth0]:80     | is not an IPv6 address",
        "[1::2::3]:80          | is not an IPv6 address",
        "10.0.0.256:80         | is neither an IPv4 address nor a host name",
        "10.0.0:80             | is neither an IPv4 address nor a host name",
        "010.0.0.1             | is neither an IPv4 address nor a host name",
        "0x7f000001            | is neither an IPv4 address nor a host name",
        "2130706433            | is neither an IPv4 address nor a host name",
        "a..b:80               | is not a host name",
        "-a.b:80               | begins with \"-\"",
        "unix:run/app.sock     | path: \"run/app.sock\" (expected: an absolute path",
        "unix:                 | path: \"\" (expected: an absolute path",
        "unix:/                | (expected: unix:/path without white space",
        "http://a.test/        | expected: host:port",
        "a.test/path           | has a path (expected: host:port alone",
        "a.test:0              | port: 0 (expected: 1 to 65535)",
        "a.test:               | expected: host:port",
        "a.test:http           | expected: host:port",
        "a.test:80 -1          | has the weight -1 (expected: 0 to 65535)",
        "a.test:80 65536       | has the weight 65536 (expected: 0 to 65535)",
        "a.test:80 much        | has \"much\" behind the server (expected: a weight, 0 to 65535",
        "a.test:80 1 2         | has \"2\" behind the server (expected: a weight, priority=N or zone=NAME)",
        "''                    | nothing (expected: a server",
        "a.test priority=-1    | has the priority -1 (expected: 0 to 65535)",
        "a.test zone=          | has \"zone=\" behind the server",
        "a.test zone=a zone=b  | has \"zone=b\" behind the server"
      })
  void anEntryThatIsNoBackendIsRefusedForItsReason(String entry, String reason) {
    assertThat(problems(entry))
        .singleElement()
        .satisfies(problem -> assertThat(problem.message()).contains(reason, "(expected: "));
  }

  @Test
  void theNameOfAZoneHasABound() {
    assertThat(problems("a.test zone=" + "z".repeat(129)))
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.message())
                    .isEqualTo("a zone of 129 characters (expected: at most 128)"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a.test",
        "a.test.:80",
        "a_b.test",
        "xn--bcher-kva.example:443 7",
        "1a.test",
        "127.0.0.1",
        "[::1]",
        "[2001:db8::1]:80   9",
        "  10.0.0.1:80  "
      })
  void anEntryThatIsABackendIsTaken(String entry) {
    assertThat(problems(entry)).isEmpty();
  }

  @Test
  void anEmptyListIsAnErrorAndSoAreListsWithin() {
    assertThat(problems()).singleElement().asString().contains("expected: at least one backend");
    Node.Mapping nested = Node.Mapping.of(Map.of("addrs", List.of(List.of("10.0.0.1"))));
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> Options.of(new StaticProvider().options(), nested));
    assertThat(e).hasMessageContaining("addrs[0]: a list (expected: text, such as");
  }

  private static List<Problem> problems(String... entries) {
    List<Node> items = new ArrayList<>();
    for (String entry : entries) {
      items.add(new Node.Scalar(new Location("file", items.size() + 1, 5), entry));
    }
    Location start = new Location("file", 1, 1);
    Node.Mapping mapping =
        new Node.Mapping(
            start, List.of(new Node.Entry(start, "addrs", new Node.Sequence(start, items))));
    ConfigException e =
        catchThrowableOfType(
            ConfigException.class, () -> Options.of(new StaticProvider().options(), mapping));
    return e == null ? List.of() : e.problems();
  }
}
