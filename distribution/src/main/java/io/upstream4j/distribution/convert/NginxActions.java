package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds what becomes of the requests of a location of nginx. */
final class NginxActions {
  private static final Pattern TARGET =
      Pattern.compile("(https?|grpcs?)://(unix:[^:]+:?|[^/]+)(/.*)?");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([A-Za-z0-9_]+)}?");
  private static final Pattern GUARD =
      Pattern.compile("auth_(?!.*_file$).*|(server_)?(access|rewrite)_by_lua(_block|_file)?");
  private static final Set<String> NO_GUARDS = Set.of("auth_delay", "auth_request_set");
  private static final Set<String> HANDLERS =
      Set.of(
          "fastcgi_pass",
          "uwsgi_pass",
          "scgi_pass",
          "memcached_pass",
          "stub_status",
          "content_by_lua_block",
          "content_by_lua_file",
          "empty_gif",
          "js_content",
          "perl");

  private static final int MAX_DEPTH = 10;

  private final NginxUpstreams upstreams;
  private final Notes notes;
  private final ConversionOptions.Guards guards;
  private final Map<String, NginxScope> named;
  private final Set<String> noted = new HashSet<>();
  private List<PrefixRewrite.Part> parts = List.of();

  /**
   * Creates one for a server.
   *
   * @param named the locations whose names begin with {@code @}, which may be filled later
   */
  NginxActions(
      NginxUpstreams upstreams,
      Notes notes,
      ConversionOptions.Guards guards,
      Map<String, NginxScope> named) {
    this.upstreams = upstreams;
    this.notes = notes;
    this.guards = guards;
    this.named = named;
  }

  /** What becomes of requests to a path, with notes of what is different. */
  RouteAction action(NginxScope scope, RoutePath path, Location at, String text) {
    parts = List.of();
    return action(scope, path, at, text, 0);
  }

  private RouteAction action(
      NginxScope scope, RoutePath path, Location at, String text, int depth) {
    if (depth >= MAX_DEPTH) {
      return refuse(at, text, "its named locations lead back to each other");
    }
    NginxDirective answer = scope.findOwn("return");
    if (answer != null) {
      NginxScope page = errorPage(scope, answer);
      if (page != null) {
        return action(page, path, at, text, depth + 1);
      }
      return isRefusal(answer)
          ? new RouteAction.Refuse(status(answer))
          : refuse(at, text, answer.text() + " has no equivalent");
    }
    if (scope.findOwn("internal") != null) {
      return new RouteAction.Refuse(404);
    }
    List<NginxDirective> access = scope.all("allow", "deny");
    if (!access.isEmpty() && access.get(0).is("deny") && access.get(0).arg(0).equals("all")) {
      return new RouteAction.Refuse(403);
    }
    String guard = guard(scope, access);
    if (guard != null) {
      if (guards == ConversionOptions.Guards.REFUSE) {
        note(at, text, "its requests are refused: " + guard + " guards it");
        return new RouteAction.Refuse(403);
      }
      note(at, text, "open to everyone here: " + guard + " has no equivalent");
    }
    return handler(scope, path, at, text, depth);
  }

  /** The named location that an answer is handed to, as {@code error_page 418 = @name} says. */
  private @Nullable NginxScope errorPage(NginxScope scope, NginxDirective answer) {
    return isRefusal(answer) ? errorPage(scope, answer.arg(0)) : null;
  }

  private @Nullable NginxScope errorPage(NginxScope scope, String status) {
    for (NginxDirective page : scope.all("error_page")) {
      String last = page.arg(page.args().size() - 1);
      // Without the equals sign, the status stays that of the error.
      if (last.startsWith("@") && page.args().contains("=") && page.args().contains(status)) {
        return named.get(last);
      }
    }
    return null;
  }

  /** The parts that a rewriting splits the paths of the last action into; none without one. */
  List<PrefixRewrite.Part> parts() {
    return parts;
  }

  private RouteAction handler(
      NginxScope scope, RoutePath path, Location at, String text, int depth) {
    NginxDirective tries = scope.findOwn("try_files");
    if (tries != null) {
      String last = tries.arg(tries.args().size() - 1);
      NginxScope there = last.equals("=404") ? errorPage(scope, "404") : named.get(last);
      if (there == null) {
        return refuse(at, text, "it serves files");
      }
      note(tries.at(), tries.text(), "files are not served: all requests are passed on");
      return action(there, path, at, text, depth + 1);
    }
    NginxScope missing = errorPage(scope, "404");
    if (missing != null && servesFiles(scope)) {
      note(at, text, "files are not served: all requests are passed on");
      return action(missing, path, at, text, depth + 1);
    }
    return pass(scope, path, at, text);
  }

  private static boolean servesFiles(NginxScope scope) {
    return scope.own().stream()
        .noneMatch(it -> it.is("proxy_pass") || it.is("grpc_pass") || HANDLERS.contains(it.name()));
  }

  private RouteAction pass(NginxScope scope, RoutePath path, Location at, String text) {
    NginxDirective pass = scope.findOwn("proxy_pass");
    if (pass == null) {
      pass = scope.findOwn("grpc_pass");
    }
    if (pass == null) {
      return refuse(
          at, text, servesFiles(scope) ? "it serves files" : "it is handled by another protocol");
    }
    String constant = constant(pass.arg(0), scope);
    if (constant == null) {
      return refuse(at, text, pass.text() + " takes its server from the request");
    }
    if (pass.is("grpc_pass") && !constant.contains("://")) {
      constant = "grpc://" + constant;
    }
    Matcher target = TARGET.matcher(constant);
    if (!target.matches()) {
      return refuse(at, text, pass.text() + " is no http or https URL");
    }
    String uri = target.group(3) == null ? "" : target.group(3);
    boolean fromVariable = pass.arg(0).indexOf('$') >= 0;
    Optional<String> replacement = Optional.empty();
    List<NginxDirective> rewrites =
        scope.own().stream().filter(it -> it.is("rewrite") && !redirects(it)).toList();
    if (!rewrites.isEmpty()) {
      NginxDirective unknown = rewritten(rewrites, path);
      if (unknown != null) {
        return refuse(at, text, unknown.text() + " has no equivalent (here: replace_prefix)");
      }
      if (!uri.isEmpty() && parts.stream().anyMatch(part -> part.replacePrefix().isEmpty())) {
        return refuse(at, text, pass.text() + " replaces only paths that are not rewritten");
      }
    } else if (!uri.isEmpty()) {
      if (fromVariable
          || path.kind() == RoutePath.Kind.REGEX
          || !uri.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#' && c != '$')) {
        return refuse(at, text, pass.text() + " replaces the path (here: replace_prefix)");
      }
      replacement = Optional.of(uri); // also when it is the same: the servers get it normalized
    }
    String host = target.group(2).replaceAll(":$", "");
    noteHost(pass, target.group(2).startsWith("unix:") ? "localhost" : host, scope, at, text);
    String upstream = upstreams.use(pass.at(), target.group(1), host, scope);
    return upstream == null
        ? new RouteAction.Refuse(503)
        : new RouteAction.Forward(upstream, replacement);
  }

  /**
   * Splits a path into parts by rewritings, the first of which fits decides; returns an unknown.
   */
  private @Nullable NginxDirective rewritten(List<NginxDirective> rewrites, RoutePath path) {
    parts = List.of(new PrefixRewrite.Part(path, Optional.empty(), false));
    for (NginxDirective rewrite : rewrites) {
      PrefixRewrite known = PrefixRewrite.read(rewrite.arg(0), rewrite.arg(1));
      if (known == null || !rewrite.arg(2).equals("break")) {
        parts = List.of();
        return rewrite;
      }
      List<PrefixRewrite.Part> next = new ArrayList<>();
      for (PrefixRewrite.Part part : parts) {
        if (part.isRefused() || part.replacePrefix().isPresent()) {
          next.add(part);
          continue;
        }
        List<PrefixRewrite.Part> split = new ArrayList<>(known.parts(part.path()));
        if (split.isEmpty()) {
          parts = List.of();
          return rewrite;
        }
        List<PrefixRewrite.Part> before = parts;
        split.removeIf(
            it ->
                before.stream()
                    .anyMatch(
                        earlier ->
                            !earlier.equals(part)
                                && it.path().text().startsWith(earlier.path().text())));
        next.addAll(split);
      }
      parts = List.copyOf(next);
    }
    return null;
  }

  /** Says when servers get another host there than the one of the request. */
  private void noteHost(
      NginxDirective pass, String target, NginxScope scope, Location at, String text) {
    String prefix = pass.is("grpc_pass") ? "grpc" : "proxy";
    String host = "$proxy_host";
    for (NginxDirective header : scope.all(prefix + "_set_header")) {
      if (header.arg(0).equalsIgnoreCase("Host")) {
        host = header.arg(1);
      }
    }
    if (!NginxNotes.isRequestHost(host)) {
      note(
          at,
          text,
          "the servers get the host of the request (there: "
              + (host.equals("$proxy_host") ? target : host)
              + ")");
    }
  }

  /** The target with variables that are set to constants put in; null when others remain. */
  private static @Nullable String constant(String text, NginxScope scope) {
    String target = text;
    for (String whole : List.of("$request_uri", "$uri$is_args$args")) {
      if (target.endsWith(whole)) {
        target = target.substring(0, target.length() - whole.length());
      }
    }
    for (int i = 0; i < 5; i++) {
      Matcher variable = VARIABLE.matcher(target);
      if (!variable.find()) {
        return target;
      }
      String name = "$" + variable.group(1);
      List<NginxDirective> set =
          scope.everywhere("set").stream().filter(it -> it.arg(0).equals(name)).toList();
      boolean conditional =
          scope.everywhere("if").stream()
              .anyMatch(
                  it -> it.inner().stream().anyMatch(in -> in.is("set") && in.arg(0).equals(name)));
      if (set.size() != 1 || conditional) {
        return null;
      }
      target =
          target.substring(0, variable.start())
              + set.get(0).arg(1)
              + target.substring(variable.end());
    }
    return null;
  }

  /** What lets some requests through and others not. */
  private static @Nullable String guard(NginxScope scope, List<NginxDirective> access) {
    if (access.stream().anyMatch(it -> it.is("deny"))
        && !(access.get(0).is("allow") && access.get(0).arg(0).equals("all"))) {
      return access.get(0).text();
    }
    for (String name : guards(scope)) {
      NginxDirective auth = scope.find(name);
      if (auth != null && !auth.arg(0).equals("off")) {
        return auth.text();
      }
    }
    NginxDirective client = scope.find("ssl_verify_client");
    if (client != null && client.arg(0).equals("on")) {
      return client.text();
    }
    if (scope.findOwn("limit_except") != null) {
      return "limit_except";
    }
    for (NginxDirective condition : scope.everywhere("if")) {
      for (NginxDirective inner : condition.inner()) {
        boolean redirects =
            (inner.is("return") && !isRefusal(inner) && inner.arg(0).startsWith("3"))
                || (inner.is("rewrite") && redirects(inner));
        boolean guarding =
            inner.is("return") || inner.is("rewrite") || inner.is("deny") || inner.is("proxy_pass");
        if (guarding && !redirects) {
          return condition.text();
        }
      }
    }
    return null;
  }

  /** Directives that let some requests through: those of nginx, and of modules that are added. */
  private static Set<String> guards(NginxScope scope) {
    Set<String> names = new LinkedHashSet<>();
    for (NginxScope each = scope; each != null; each = each.outer()) {
      for (NginxDirective directive : each.own()) {
        if (GUARD.matcher(directive.name()).matches() && !NO_GUARDS.contains(directive.name())) {
          names.add(directive.name());
        }
      }
    }
    return names;
  }

  /** Whether a rewriting answers with a redirect. */
  static boolean redirects(NginxDirective rewrite) {
    return rewrite.arg(2).equals("permanent")
        || rewrite.arg(2).equals("redirect")
        || rewrite.arg(1).matches("(?s)(https?://|\\$scheme).*");
  }

  static boolean isRefusal(NginxDirective answer) {
    return answer.arg(0).matches("[45][0-9][0-9]");
  }

  static int status(NginxDirective answer) {
    return isRefusal(answer) ? Integer.parseInt(answer.arg(0)) : 404;
  }

  private RouteAction refuse(Location at, String text, String reason) {
    note(at, text, "its requests are refused: " + reason);
    return new RouteAction.Refuse(404);
  }

  private void note(Location at, String text, String message) {
    if (noted.add(at + message)) {
      notes.loss(at, text, message);
    }
  }
}
