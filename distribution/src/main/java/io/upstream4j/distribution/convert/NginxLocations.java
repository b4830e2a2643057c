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

  private static final int MAX_REGEX = 1_000; // what a route takes

  /**
   * A location.
   *
   * @param outer the location around it; null at the top
   * @param path of an expression that is nested, what stands there, until {@link #settled}
   * @param ownMark whether it is marked itself
   * @param marked whether it is marked, or the location at the top around it
   */
  private record Place(
      Location at,
      @Nullable Place outer,
      RoutePath path,
      boolean ownMark,
      boolean marked,
      NginxScope scope,
      String text) {
    boolean isPrefix() {
      return path.kind() == RoutePath.Kind.PREFIX || path.kind() == RoutePath.Kind.SEGMENTS;
    }

    boolean isRegex() {
      return path.kind() == RoutePath.Kind.REGEX;
    }

    boolean isInside(Place other) {
      for (Place place = outer; place != null; place = place.outer()) {
        if (place.equals(other)) {
          return true;
        }
      }
      return false;
    }

    Place with(RoutePath other) {
      return new Place(at, outer, other, ownMark, marked, scope, text);
    }
  }

  private final NginxServer server;
  private final NginxHosts hosts;
  private final RouteList routes;
  private final Notes notes;
  private final Problems problems;
  private final NginxActions actions;
  private final Map<String, NginxScope> named = new HashMap<>();
  private final List<Place> prefixes = new ArrayList<>(); // and exact ones

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
        refuseRewritten(rewrite);
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
    List<Place> all = new ArrayList<>();
    for (Place place : collect(scope, null)) {
      Place settled = settled(place);
      if (settled != null) {
        all.add(settled);
      }
    }
    all.addAll(prefixes);
    boolean everywhere = false;
    for (Place place : all) {
      if (problems.isFull()) {
        return;
      }
      everywhere |= place.isPrefix() && place.path().text().equals("/");
      add(place, all);
    }
    for (Place place : prefixes) {
      refuseRedirected(place);
    }
    if (!everywhere) { // files there
      refuse(RoutePath.ANY, server.at(), 0, 404);
    }
  }

  /**
   * Collects locations; returns the expressions among them in the order in which they are tried.
   */
  private List<Place> collect(NginxScope scope, @Nullable Place outer) {
    List<Place> nested = new ArrayList<>();
    List<Place> expressions = new ArrayList<>();
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
      if (place == null) {
        continue;
      }
      inner.own().forEach(each -> NginxNotes.add(each, notes));
      List<Place> within = collect(inner, place);
      if (place.isRegex()) {
        expressions.addAll(within);
        expressions.add(place);
      } else {
        nested.addAll(within);
        prefixes.add(place);
      }
    }
    nested.addAll(expressions);
    return nested;
  }

  /** An expression with what the locations around it ask for; null when that is refused. */
  private @Nullable Place settled(Place place) {
    String regex = place.path().text();
    for (Place outer = place.outer(); outer != null; outer = outer.outer()) {
      if (outer.isRegex()) {
        regex = both(outer.path().text(), regex);
      } else {
        regex = within(outer.path().text(), longer(outer, false), regex);
        break; // what is around a prefix is shorter
      }
    }
    if (regex.length() > MAX_REGEX) {
      refuseUnknown(place.at(), place.text(), "/", "its expression would be too long");
      return null;
    }
    return place.with(RouteList.regex(regex));
  }

  /**
   * What follows a prefix where another location is longer and takes the request.
   *
   * @param nested whether those that are nested in it count as well; otherwise, only those of them
   *     that are marked, which its expressions do not come before
   */
  private List<String> longer(Place outer, boolean nested) {
    String prefix = outer.path().text();
    List<String> rests = new ArrayList<>();
    for (Place other : prefixes) {
      if (!other.isPrefix() || !isLonger(other, prefix)) {
        continue;
      }
      String rest = RouteList.spelled(other.path().text().substring(prefix.length()));
      if (nested || !other.isInside(outer)) {
        rests.add(rest);
      } else if (other.ownMark() && outer.equals(other.outer())) {
        String marked = other.path().text();
        List<String> again =
            prefixes.stream()
                .filter(it -> outer.equals(it.outer()) && it.isPrefix() && !it.ownMark())
                .map(it -> it.path().text())
                .filter(it -> it.startsWith(marked))
                .map(it -> RouteList.spelled(it.substring(marked.length())))
                .toList();
        rests.add(again.isEmpty() ? rest : rest + "(?!" + String.join("|", again) + ")");
      }
    }
    return rests;
  }

  private static boolean isLonger(Place other, String prefix) {
    String text = other.path().text();
    return text.length() > prefix.length() && text.startsWith(prefix);
  }

  private @Nullable Place place(
      NginxDirective directive, NginxScope scope, String joined, @Nullable Place outer) {
    String text = "location " + String.join(" ", directive.args());
    if (joined.startsWith("~")) {
      boolean ignoresCase = joined.startsWith("~*");
      String regex = joined.substring(ignoresCase ? 2 : 1);
      Optional<String> java = Regexes.ofDecodedPaths(regex, ignoresCase);
      if (java.isEmpty() || (outer != null && outer.path().kind() == RoutePath.Kind.EXACT)) {
        String all =
            outer == null
                ? Regexes.literalPrefix(regex)
                : outer.isRegex() ? "/" : outer.path().text();
        refuseUnknown(directive.at(), text, all, "the expression means something else here");
        return null;
      }
      return new Place(
          directive.at(),
          outer,
          RouteList.regex(java.get()),
          false,
          outer != null && outer.marked(),
          scope,
          text);
    }
    boolean exact = joined.startsWith("=");
    boolean marked = joined.startsWith("^~");
    String path = joined.substring(exact ? 1 : marked ? 2 : 0);
    if (!path.startsWith("/")) {
      notes.loss(
          directive.at(), text, "left out: the path (expected: one that begins with a slash)");
      return null;
    }
    if (outer != null && outer.isRegex()) {
      notes.remark(directive.at(), text, "left out: nginx finds no path within an expression");
      return null;
    }
    String encoded = RouteList.encoded(path);
    return new Place(
        directive.at(),
        outer,
        exact ? RouteList.exact(encoded) : RouteList.prefix(encoded),
        marked,
        outer == null ? marked : outer.marked(),
        scope,
        text);
  }

  private void refuseUnknown(Location at, String text, String prefix, String reason) {
    RoutePath all = RouteList.prefix(prefix);
    notes.loss(at, text, "requests to " + all.text() + " are refused: " + reason);
    refuse(all, at, BEFORE_LOCATIONS, 404);
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
    if (place.isRegex()) {
      refuseRedirected(place);
    }
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
    if (inMarked && !place.marked()) { // expressions come before it all the same
      for (Place other : all) {
        if (other.path().kind() == RoutePath.Kind.REGEX && !other.marked()) {
          each(
              RouteList.regex(within(place.path().text(), List.of(), other.path().text())),
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

  /** Refuses what a location redirects; what is redirected elsewhere is no concern of it. */
  private void refuseRedirected(Place place) {
    boolean anyMarked = prefixes.stream().anyMatch(Place::marked);
    for (NginxDirective rewrite : place.scope().own()) {
      if (!rewrite.is("rewrite") || !NginxActions.redirects(rewrite)) {
        continue;
      }
      String regex = Regexes.ofDecodedPaths(rewrite.arg(0), false).orElse("");
      String text = place.path().text();
      String found =
          place.isRegex()
              ? both(text, regex)
              : place.isPrefix()
                  ? within(text, longer(place, true), regex)
                  : "^(?=" + RouteList.spelled(text) + "$)(?s:.*?)(?:" + regex + ")";
      notes.loss(
          rewrite.at(), rewrite.text(), "requests with such a path are refused: no equivalent");
      if (found.length() > MAX_REGEX) {
        refuse(place.path(), place.at(), BEFORE_LOCATIONS, 404);
      } else {
        boolean exact = place.path().kind() == RoutePath.Kind.EXACT;
        int weight = exact ? BEFORE_LOCATIONS : anyMarked && place.marked() ? MARKED : 0;
        refuse(RouteList.regex(found), rewrite.at(), weight, 404);
      }
    }
  }

  private void refuseRewritten(NginxDirective rewrite) {
    RoutePath path =
        Regexes.ofDecodedPaths(rewrite.arg(0), false).map(RouteList::regex).orElse(RoutePath.ANY);
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
      routes.addSpellings(at, host, path, hosts.weight(host) + weight, action);
    }
  }

  /**
   * An expression that only paths with a prefix fit.
   *
   * @param except what does not follow the prefix, as expressions
   */
  private static String within(String prefix, List<String> except, String regex) {
    String not = except.isEmpty() ? "" : "(?!" + String.join("|", except) + ")";
    return "^(?=" + RouteList.spelled(prefix) + not + ")(?s:.*?)(?:" + regex + ")";
  }

  /** An expression that paths fit which both fit. */
  private static String both(String one, String other) {
    return "^(?=(?s:.*?)(?:" + one + "))(?s:.*?)(?:" + other + ")";
  }
}
