package io.upstream4j.distribution.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.config.PathRules;
import io.upstream4j.core.config.Route;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.List;
import java.util.Optional;
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
        route -> route.upstream().orElseThrow());
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

  private static Route route(
      String host, RoutePath.Kind kind, String path, int priority, String to) {
    return new Route(
        Optional.of(host).filter(it -> !it.isEmpty()),
        new RoutePath(kind, path),
        priority,
        new RouteAction.Forward(to, Optional.empty()));
  }

  private static RouteTable<String> table(Route... routes) {
    return RouteTable.of(
        List.of(routes), PathRules.DEFAULT, route -> route.upstream().orElseThrow());
  }

  @Test
  void anExactPathWinsOverAnExpressionAndThatOverTheLongestPrefix() {
    RouteTable<String> routes =
        table(
            route("", RoutePath.Kind.SEGMENTS, "/a/b.php", 0, "segments"),
            route("", RoutePath.Kind.REGEX, "\\.php$", 0, "first"),
            route("", RoutePath.Kind.REGEX, "^/a", 0, "second"),
            route("", RoutePath.Kind.EXACT, "/a/x", 0, "exact"),
            route("", RoutePath.Kind.PREFIX, "/b", 0, "prefix"));

    assertThat(routes.find("h", "/a/b.php")).isEqualTo("first");
    assertThat(routes.find("h", "/a/x")).isEqualTo("exact");
    assertThat(routes.find("h", "/a/x/")).isEqualTo("second");
    assertThat(routes.find("h", "/bc")).isEqualTo("prefix");
    assertThat(routes.find("h", "/c")).isNull();
  }

  @Test
  void theGreatestPriorityWinsBeforeTheHost() {
    RouteTable<String> routes =
        table(
            route("a.example.com", RoutePath.Kind.EXACT, "/x", 1, "host"),
            route("*.example.com", RoutePath.Kind.SEGMENTS, "/", 2, "domain"),
            route("", RoutePath.Kind.PREFIX, "/x", 3, "any"));

    assertThat(routes.find("a.example.com", "/x")).isEqualTo("any");
    assertThat(routes.find("a.example.com", "/y")).isEqualTo("domain");
    assertThat(routes.find("b.example.com", "/y")).isEqualTo("domain");
    assertThat(routes.find("b.org", "/y")).isNull();
  }

  @Test
  void anExpressionThatBacktracksCostsABoundedTimeAndAcceptsNothing() {
    RouteTable<String> routes =
        table(
            route("", RoutePath.Kind.REGEX, "^/(a+)+$", 0, "slow"),
            route("", RoutePath.Kind.REGEX, "^/(b|bb)*!", 0, "deep"),
            route("", RoutePath.Kind.SEGMENTS, "/", 0, "rest"));

    assertThat(routes.find("h", "/" + "a".repeat(5_000) + "!")).isNull();
    assertThat(routes.find("h", "/" + "b".repeat(16_000))).isNull();
    assertThat(routes.find("h", "/aaa")).isEqualTo("slow");
    assertThat(routes.find("h", "/c")).isEqualTo("rest");
  }

  @Test
  void aReplacedPrefixKeepsTheRestAndTheQuery() {
    assertThat(rewritten("/api/", "/", "/api/users", "?a=/api/")).isEqualTo("/users?a=/api/");
    assertThat(rewritten("/api", "/", "/api/users", "")).isEqualTo("/users");
    assertThat(rewritten("/api", "/", "/api", "?x")).isEqualTo("/?x");
    assertThat(rewritten("/api", "/v2", "/api/users", "")).isEqualTo("/v2/users");
    assertThat(rewritten("/", "/shop", "/cart", "")).isEqualTo("/shop/cart");
  }

  private static String rewritten(String from, String to, String path, String query) {
    return RouteTarget.of(null, new RoutePath(RoutePath.Kind.SEGMENTS, from), to)
        .rewritten(path, path + query);
  }
}
