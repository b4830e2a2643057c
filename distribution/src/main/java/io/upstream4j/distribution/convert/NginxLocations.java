package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Converts the locations of one server of nginx to routes.
 *
 * <p>There an exact location wins, else the longest prefix decides: if it is marked with {@code ^~}
 * it wins, else the first regular expression that fits does, else the prefix. That is the order
 * here, too; prefixes that are marked, and what is within them, get a greater priority.
 */
final class NginxLocations {
  private static final int MARKED = 1;
  private static final int BEFORE_LOCATIONS = 2;

  private record Place(Location at, RoutePath path, boolean marked, NginxScope scope, String text) {
    boolean isPrefix() {
      return path.kind() == RoutePath.Kind.PREFIX || path.kind() == RoutePath.Kind.SEGMENTS;
    }
  }

  private final NginxServer server;
  private final NginxHosts hosts;
  private final RouteList routes;
  private final Notes notes;
  private final Problems problems;
  private final NginxActions actions;
  private final Map<String, NginxScope> named = new HashMap<>();
  private final List<Place> nestedExpressions = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();

  NginxLocations(
      NginxServer server,
      NginxHosts hosts,
      NginxUpstreams upstreams,
      RouteList routes,
      Notes notes,
      Problems problems,
      ConversionOptions.Guards guards) {
    this.server = server;
    this.hosts = hosts;
    this.routes = routes;
    this.notes = notes;
    this.problems = problems;
    this.actions = new NginxActions(upstreams, notes, guards, named);
  }

  void convert() {
    NginxScope scope = server.scope();
    scope.own().forEach(directive -> NginxNotes.add(directive, notes));
    for (String host : hosts.refused(server)) {
      routes.add(server.at(), host, RoutePath.ANY, hosts.weight(host), new RouteAction.Refuse(404));
    }
    NginxDirective answer = scope.findOwn("return");
    if (answer != null) {
      refuse(RoutePath.ANY, answer.at(), 0, NginxActions.status(answer));
      if (!NginxActions.isRefusal(answer)) {
        notes.loss(answer.at(), answer.text(), "requests are refused: there is no equivalent");
      }
      return;
    }
    for (NginxDirective rewrite : scope.own()) {
      if (rewrite.is("rewrite")) {
        refuseRewritten(rewrite, RoutePath.ANY);
      }
    }
    for (NginxDirective condition : scope.own()) {
      if (condition.is("if")) {
        notes.loss(
            condition.at(),
            condition.text(),
            "what it does is left out; where it refuses requests, all are refused here");
      }
    }
    collect(scope, null);
    List<Place> all = new ArrayList<>(nestedExpressions);
    all.addAll(places);
    boolean everywhere = false;
    for (Place place : all) {
      if (problems.isFull()) {
        return;
      }
      everywhere |= place.isPrefix() && place.path().text().equals("/");
      add(place, all);
    }
    if (!everywhere) { // files there
      refuse(RoutePath.ANY, server.at(), 0, 404);
    }
  }

  private void collect(NginxScope scope, @Nullable Place outer) {
    for (NginxDirective directive : scope.own()) {
      if (!directive.is("location")) {
        continue;
      }
      NginxScope inner = scope.inner(directive.inner());
      String joined = String.join("", directive.args());
      if (joined.startsWith("@")) {
        named.put(joined, inner);
        inner.own().forEach(each -> NginxNotes.add(each, notes));
        continue;
      }
      Place place = place(directive, inner, joined, outer);
      if (place != null) {
        inner.own().forEach(each -> NginxNotes.add(each, notes));
        (outer != null && place.path().kind() == RoutePath.Kind.REGEX ? nestedExpressions : places)
            .add(place);
        collect(inner, place);
      }
    }
  }

  private @Nullable Place place(
      NginxDirective directive, NginxScope scope, String joined, @Nullable Place outer) {
    String text = "location " + String.join(" ", directive.args());
    if (joined.startsWith("~")) {
      boolean ignoresCase = joined.startsWith("~*");
      String regex = joined.substring(ignoresCase ? 2 : 1);
      Optional<String> java = Regexes.toJava(regex, ignoresCase);
      if (java.isEmpty() || (outer != null && !outer.isPrefix())) {
        RoutePath all = RouteList.prefix(outer == null ? Regexes.literalPrefix(regex) : "/");
        notes.loss(
            directive.at(),
            text,
            "requests to " + all.text() + " are refused: the expression means something else here");
        refuse(all, directive.at(), BEFORE_LOCATIONS, 404);
        return null;
      }
      String found = outer == null ? java.get() : within(outer.path().text(), java.get());
      return new Place(
          directive.at(), RouteList.regex(found), outer != null && outer.marked(), scope, text);
    }
    boolean exact = joined.startsWith("=");
    boolean marked = joined.startsWith("^~");
    String path = joined.substring(exact ? 1 : marked ? 2 : 0);
    if (!path.startsWith("/")
        || !path.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#')) {
      notes.loss(
          directive.at(), text, "left out: the path (expected: one that begins with a slash)");
      return null;
    }
    return new Place(
        directive.at(),
        exact ? RouteList.exact(path) : RouteList.prefix(path),
        marked || (outer != null && outer.marked()),
        scope,
        text);
  }

  private void add(Place place, List<Place> all) {
    boolean anyMarked = all.stream().anyMatch(Place::marked);
    boolean exact = place.path().kind() == RoutePath.Kind.EXACT;
    boolean inMarked =
        place.isPrefix()
            && all.stream()
                .anyMatch(
                    other ->
                        other.marked()
                            && other.isPrefix()
                            && place.path().text().startsWith(other.path().text()));
    int weight = anyMarked && (exact || place.marked() || inMarked) ? MARKED : 0;
    RouteAction action = actions.action(place.scope(), place.path(), place.at(), place.text());
    if (action instanceof RouteAction.Forward forward && !actions.parts().isEmpty()) {
      for (PrefixRewrite.Part part : actions.parts()) {
        each(
            part.path(),
            place.at(),
            weight,
            part.isRefused()
                ? new RouteAction.Refuse(404)
                : new RouteAction.Forward(forward.upstream(), part.replacePrefix()));
      }
    } else {
      each(place.path(), place.at(), weight, action);
    }
    for (NginxDirective rewrite : place.scope().own()) {
      if (rewrite.is("rewrite") && NginxActions.redirects(rewrite)) {
        refuseRewritten(rewrite, place.path());
      }
    }
    if (inMarked && !place.marked()) { // expressions come before it all the same
      for (Place other : all) {
        if (other.path().kind() == RoutePath.Kind.REGEX && !other.marked()) {
          each(
              RouteList.regex(within(place.path().text(), other.path().text())),
              other.at(),
              MARKED,
              actions.action(other.scope(), other.path(), other.at(), other.text()));
        }
      }
    }
    String path = place.path().text();
    if (place.isPrefix()
        && path.length() > 1
        && path.endsWith("/")
        && action instanceof RouteAction.Forward) {
      // There it is redirected to the path with a slash.
      String without = path.substring(0, path.length() - 1);
      boolean taken =
          all.stream()
              .anyMatch(
                  other ->
                      other.path().kind() != RoutePath.Kind.REGEX
                          && other.path().text().equals(without));
      if (!taken) {
        refuse(RouteList.exact(without), place.at(), weight, 404);
      }
    }
  }

  private void refuseRewritten(NginxDirective rewrite, RoutePath within) {
    Optional<String> regex = Regexes.toJava(rewrite.arg(0), false);
    String prefix = within.kind() == RoutePath.Kind.REGEX ? "/" : within.text();
    RoutePath path =
        regex
            .map(it -> RouteList.regex(prefix.equals("/") ? it : within(prefix, it)))
            .orElseGet(() -> RouteList.prefix(prefix));
    notes.loss(
        rewrite.at(), rewrite.text(), "requests with such a path are refused: no equivalent");
    refuse(path, rewrite.at(), BEFORE_LOCATIONS, 404);
  }

  private void refuse(RoutePath path, Location at, int weight, int status) {
    each(path, at, weight, new RouteAction.Refuse(status));
  }

  private void each(RoutePath path, Location at, int weight, RouteAction action) {
    Set<String> all = hosts.of(server);
    for (String host : all) {
      routes.add(at, host, path, hosts.weight(host) + weight, action);
    }
  }

  /** An expression that only paths with a prefix fit. */
  private static String within(String prefix, String regex) {
    return "^(?=" + Regexes.quote(prefix) + ")(?s:.*?)(?:" + regex + ")";
  }
}
