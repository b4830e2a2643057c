package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.PathRules;
import io.upstream4j.core.config.Route;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static RouteTable<String> routes(String... hostPathTarget) {
    return RouteTable.of(
        List.of(hostPathTarget).stream()
            .map(text -> text.split(" ", -1))
            .map(
                part ->
                    new Route(
                        part[0].isEmpty() ? Optional.empty() : Optional.of(part[0]),
                        part[1],
                        part[2]))
            .toList(),
        PathRules.DEFAULT,
        Function.identity());
  }

  @Test
  void anExactHostWinsOverItsDomainAndBothOverNone() {
    RouteTable<String> routes =
        routes(" / any", "*.example.com / domain", "api.example.com / exact");

    assertThat(routes.find("api.example.com", "/")).isEqualTo("exact");
    assertThat(routes.find("www.example.com", "/")).isEqualTo("domain");
    assertThat(routes.find("example.com", "/")).isEqualTo("any");
    assertThat(routes.find(null, "/")).isEqualTo("any");
  }

  @Test
  void theLongestDomainWins() {
    RouteTable<String> routes = routes("*.com / com", "*.a.example.com / a");

    assertThat(routes.find("x.y.a.example.com", "/")).isEqualTo("a");
    assertThat(routes.find("a.example.com", "/")).isEqualTo("com");
    assertThat(routes.find(".com", "/")).isNull();
  }

  @Test
  void theLongestPathWinsWhateverTheOrder() {
    RouteTable<String> routes = routes(" / root", " /api/v2 v2", " /api api");

    assertThat(routes.find("h", "/api/v2/users")).isEqualTo("v2");
    assertThat(routes.find("h", "/api/v1")).isEqualTo("api");
    assertThat(routes.find("h", "/other")).isEqualTo("root");
  }

  @Test
  void aPathIsAPrefixOfWholeSegmentsOnly() {
    RouteTable<String> routes = routes(" /api api", " /files/ files");

    assertThat(routes.find("h", "/api")).isEqualTo("api");
    assertThat(routes.find("h", "/api/")).isEqualTo("api");
    assertThat(routes.find("h", "/apis")).isNull();
    assertThat(routes.find("h", "/files/a")).isEqualTo("files");
    assertThat(routes.find("h", "/files")).isNull();
  }

  @Test
  void aPathEndsWhereItsQueryBegins() {
    RouteTable<String> routes = routes(" /api api", " / root");

    assertThat(routes.find("h", "/api?x")).isEqualTo("api");
    assertThat(routes.find("h", "/api?")).isEqualTo("api");
    assertThat(routes.find("h", "/?/api")).isEqualTo("root");
    assertThat(routes.find("h", "/x/../api?/../y")).isEqualTo("api");
    assertThat(routes.find("h", "*")).isEqualTo("root");
  }

  @Test
  void anAddressOfIpv6IsFoundWithoutItsBrackets() {
    assertThat(routes("[2001:db8::1] / six").find("2001:db8::1", "/")).isEqualTo("six");
  }

  @Test
  void aHostWithoutAFittingPathFallsBackToLessSpecificHosts() {
    RouteTable<String> routes = routes("api.test /v1 exact", "*.test / domain", " /v9 any");

    assertThat(routes.find("api.test", "/v1/x")).isEqualTo("exact");
    assertThat(routes.find("api.test", "/v2")).isEqualTo("domain");
    assertThat(routes.find("other", "/v9")).isEqualTo("any");
    assertThat(routes.find("other", "/v2")).isNull();
  }

  @Test
  void theOnlyUpstreamTakesEverything() {
    assertThat(RouteTable.to("only", PathRules.DEFAULT).find(null, "/any")).isEqualTo("only");
  }
}
