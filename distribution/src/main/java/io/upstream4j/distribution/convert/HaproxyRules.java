package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Problems;
import io.upstream4j.core.config.RouteAction;
import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Converts the rules of a frontend of HAProxy to routes, the first with the greatest priority. A
 * rule that refuses requests does so here at least for the same ones; one that passes them on, at
 * most.
 */
final class HaproxyRules {
  private static final Set<String> REFUSALS =
      Set.of("deny", "auth", "reject", "tarpit", "return", "silent-drop");
  private static final Set<String> PATH_CHANGES =
      Set.of(
          "set-path",
          "set-uri",
          "replace-path",
          "replace-uri",
          "set-pathq",
          "replace-pathq",
          "normalize-uri");
  private static final int MAX_ALTERNATIVES = 64;

  private final HaproxySection frontend;
  private final HaproxyBackends backends;
  private final RouteList routes;
  private final Problems problems;
  private final Notes notes;
  private final ConversionOptions.Guards guards;
  private final Map<String, HaproxyMatch> acls = new HashMap<>();
  private int weight;

  HaproxyRules(
      HaproxySection frontend,
      HaproxyBackends backends,
      RouteList routes,
      Problems problems,
      Notes notes,
      ConversionOptions.Guards guards) {
    this.frontend = frontend;
    this.backends = backends;
    this.routes = routes;
    this.problems = problems;
    this.notes = notes;
    this.guards = guards;
    this.weight = frontend.lines().size() + 1;
  }

  void convert() {
    for (HaproxySection.Line line : frontend.all("acl")) {
      if (line.words().size() > 2) {
        // Of one name, any may fit.
        List<String> criterion = line.words().subList(2, line.words().size());
        acls.merge(line.arg(0), HaproxyMatch.criterion(criterion), HaproxyRules::either);
      }
    }
    for (HaproxySection.Line line : frontend.lines()) {
      note(line);
      if (line.name().equals("http-request") || line.name().equals("block")) {
        request(line);
      } else if (line.name().equals("redirect")) {
        redirect(line);
      }
    }
    for (HaproxySection.Line line : frontend.all("use_backend")) {
      weight--;
      for (HaproxyMatch match : conditions(line)) {
        pass(line, line.arg(0), match);
      }
    }
    weight = 0;
    HaproxySection.Line last = frontend.find("default_backend");
    if (last != null) {
      pass(last, last.arg(0), HaproxyMatch.ANY);
    } else if (frontend.has("server")) {
      HaproxySection.Line server = frontend.all("server").get(0);
      pass(server, frontend.name(), HaproxyMatch.ANY);
    }
  }

  private static HaproxyMatch either(HaproxyMatch one, HaproxyMatch two) {
    if (one.other() || two.other() || one.vague() || two.vague()) {
      return one.vague() || two.vague() ? HaproxyMatch.VAGUE : HaproxyMatch.OTHER;
    }
    List<RoutePath> paths = new ArrayList<>(one.paths());
    paths.addAll(two.paths());
    Set<String> hosts = new LinkedHashSet<>(one.hosts());
    hosts.addAll(two.hosts());
    return !hosts.isEmpty() && !paths.isEmpty()
        ? HaproxyMatch.VAGUE
        : hosts.isEmpty() ? HaproxyMatch.paths(paths) : HaproxyMatch.hosts(hosts);
  }

  /** The alternatives of what stands behind if or unless; any request when there is nothing. */
  private List<HaproxyMatch> conditions(HaproxySection.Line line) {
    int from = Math.max(line.words().lastIndexOf("if"), line.words().lastIndexOf("unless"));
    if (from < 0) {
      return List.of(HaproxyMatch.ANY);
    }
    boolean unless = line.words().get(from).equals("unless");
    List<HaproxyMatch> alternatives = new ArrayList<>();
    HaproxyMatch current = HaproxyMatch.ANY;
    List<String> words = line.words().subList(from + 1, line.words().size());
    boolean negated = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.equals("or") || word.equals("||")) {
        alternatives.add(current);
        current = HaproxyMatch.ANY;
        continue;
      }
      while (word.startsWith("!")) {
        negated = !negated;
        word = word.substring(1);
      }
      if (word.isEmpty()) {
        continue;
      }
      HaproxyMatch match;
      if (word.equals("{")) {
        int end = words.subList(i, words.size()).indexOf("}");
        if (end < 2) {
          problems.add(
              line.at(), line.name(), "\"{\" without its end (expected: { criterion values })");
          return List.of();
        }
        match = HaproxyMatch.criterion(words.subList(i + 1, i + end));
        i += end;
      } else {
        match = acls.getOrDefault(word, known(word));
      }
      current = current.and(negated ? match.not() : match);
      negated = false;
    }
    alternatives.add(current);
    if (alternatives.size() > MAX_ALTERNATIVES) {
      return List.of(HaproxyMatch.VAGUE);
    }
    if (!unless) {
      return alternatives;
    }
    HaproxyMatch none = HaproxyMatch.ANY;
    for (HaproxyMatch alternative : alternatives) {
      none = none.and(alternative.not());
    }
    return List.of(none);
  }

  /** Those that HAProxy defines itself. */
  private static HaproxyMatch known(String name) {
    return switch (name) {
      case "TRUE" -> HaproxyMatch.ANY;
      case "FALSE" -> HaproxyMatch.paths(List.of());
      case "HTTP_URL_SLASH", "HTTP_URL_ABS", "HTTP_URL_STAR" -> HaproxyMatch.VAGUE;
      default -> HaproxyMatch.OTHER;
    };
  }

  private void request(HaproxySection.Line line) {
    String action = line.name().equals("block") ? "deny" : line.arg(0);
    if (action.equals("redirect")) {
      redirect(line);
      return;
    }
    if (PATH_CHANGES.contains(action)) {
      notes.loss(line.at(), line.text(), "such requests are refused: their path is changed");
      refuse(line, 404, true);
    } else if (REFUSALS.contains(action)) {
      refuse(line, status(line), false);
    } else {
      notes.loss(line.at(), line.text(), "left out: there is no equivalent");
    }
  }

  private void refuse(HaproxySection.Line line, int status, boolean alwaysMeant) {
    weight--;
    boolean noted = alwaysMeant;
    for (HaproxyMatch match : conditions(line)) {
      boolean guard = match.other() || match.vague() || line.arg(0).equals("auth");
      if (guard && guards == ConversionOptions.Guards.IGNORE && !alwaysMeant) {
        notes.loss(line.at(), line.text(), "left out: its condition has no equivalent");
        continue;
      }
      if (guard && !noted) {
        noted = true;
        notes.loss(
            line.at(),
            line.text(),
            "more is refused: only hosts and paths of its condition have an equivalent");
      }
      add(line.at(), match, new RouteAction.Refuse(status));
    }
  }

  private static int status(HaproxySection.Line line) {
    for (String key : List.of("deny_status", "status")) {
      int at = line.words().indexOf(key);
      if (at >= 0
          && at + 1 < line.words().size()
          && line.words().get(at + 1).matches("[45][0-9][0-9]")) {
        return Integer.parseInt(line.words().get(at + 1));
      }
    }
    return line.arg(0).equals("auth") ? 401 : 403;
  }

  private void redirect(HaproxySection.Line line) {
    weight--;
    for (HaproxyMatch match : conditions(line)) {
      if (match.other()) {
        notes.loss(line.at(), line.text(), "left out: its condition has no equivalent");
      } else {
        notes.loss(line.at(), line.text(), "such requests are refused: there are no redirects");
        add(line.at(), match, new RouteAction.Refuse(404));
      }
    }
  }

  private void pass(HaproxySection.Line line, String backend, HaproxyMatch match) {
    if (match.never()) {
      return;
    }
    if (backend.indexOf('%') >= 0) {
      notes.loss(
          line.at(), line.text(), "such requests are refused: the backend's name is computed");
      add(line.at(), match, new RouteAction.Refuse(404));
      return;
    }
    if (match.other()) {
      notes.loss(
          line.at(),
          line.text(),
          "left out: routes have no conditions but host and path, so its requests go where those go"
              + " that it does not fit");
      return;
    }
    if (match.vague()) {
      notes.loss(line.at(), line.text(), "such requests are refused: no equivalent condition");
      add(line.at(), match, new RouteAction.Refuse(404));
      return;
    }
    HaproxyBackends.Use use = backends.use(line, backend);
    if (use == null) {
      add(line.at(), match, new RouteAction.Refuse(503));
      return;
    }
    if (use.refusal() != 0) {
      add(line.at(), match, new RouteAction.Refuse(use.refusal()));
      return;
    }
    PrefixRewrite rewrite = use.rewrite();
    List<RoutePath> paths = match.paths().isEmpty() ? List.of(RoutePath.ANY) : match.paths();
    for (RoutePath path : paths) {
      List<PrefixRewrite.Part> parts =
          rewrite == null
              ? List.of(new PrefixRewrite.Part(path, Optional.empty(), false))
              : rewrite.parts(path);
      if (parts.isEmpty()) {
        notes.loss(
            line.at(), line.text(), "requests to " + path + " are refused: their path is changed");
        one(line.at(), match, path, new RouteAction.Refuse(404));
      }
      for (PrefixRewrite.Part part : parts) {
        one(
            line.at(),
            match,
            part.path(),
            part.isRefused()
                ? new RouteAction.Refuse(404)
                : new RouteAction.Forward(use.upstream(), part.replacePrefix()));
      }
    }
  }

  private void add(Location at, HaproxyMatch match, RouteAction action) {
    if (match.never()) {
      return;
    }
    for (RoutePath path : match.paths().isEmpty() ? List.of(RoutePath.ANY) : match.paths()) {
      one(at, match, path, action);
    }
  }

  private void one(Location at, HaproxyMatch match, RoutePath path, RouteAction action) {
    for (String host : match.hosts().isEmpty() ? Set.of("") : match.hosts()) {
      routes.add(at, host, path, weight, action);
    }
  }

  private void note(HaproxySection.Line line) {
    switch (line.name()) {
      case "acl",
          "http-request",
          "block",
          "use_backend",
          "default_backend",
          "server",
          "redirect",
          "mode",
          "option",
          "timeout",
          "balance",
          "default-server",
          "retries",
          "http-check",
          "no",
          "hash-type",
          "cookie",
          "retry-on",
          "description" -> {}
      case "bind",
          "log",
          "maxconn",
          "capture",
          "log-format",
          "unique-id-format",
          "unique-id-header",
          "stats",
          "monitor-uri",
          "errorfile",
          "fullconn",
          "http-reuse" ->
          notes.remark(
              line.at(),
              line.name(),
              "left out: what concerns the process and its clients is said by arguments of upstream"
                  + " serve");
      case "tcp-request" -> {
        boolean refuses = line.words().contains("reject");
        notes.loss(
            line.at(),
            line.text(),
            refuses && guards == ConversionOptions.Guards.REFUSE
                ? "every request is refused, as it has no equivalent"
                : "left out: there is no equivalent");
        if (refuses && guards == ConversionOptions.Guards.REFUSE) {
          routes.add(
              line.at(),
              "",
              RoutePath.ANY,
              frontend.lines().size() + 2,
              new RouteAction.Refuse(403));
        }
      }
      default -> notes.loss(line.at(), line.text(), "left out: there is no equivalent");
    }
  }
}
