package io.upstream4j.distribution.convert;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Problem;
import io.upstream4j.api.option.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Converts configurations of HAProxy: one frontend, and the backends that it leads to. */
public final class Haproxy implements Conversion {
  private final ConversionOptions options;
  private final Problems problems = new Problems();
  private final Notes notes = new Notes();
  private final Map<String, HaproxySection> frontends = new LinkedHashMap<>();
  private final Map<String, HaproxySection> backends = new LinkedHashMap<>();
  private @Nullable HaproxySection defaults;

  /** Creates a conversion. */
  public Haproxy(ConversionOptions options) {
    this.options = options;
  }

  @Override
  public void add(String source, String text) {
    defaults = null;
    for (HaproxySection section : HaproxySection.read(source, text, problems)) {
      HaproxySection whole = section.with(defaults);
      switch (section.kind()) {
        case "defaults" -> defaults = section;
        case "frontend" -> define(frontends, whole);
        case "backend" -> define(backends, whole);
        case "listen" -> {
          define(frontends, whole);
          define(backends, whole);
        }
        default ->
            notes.remark(
                section.at(),
                section.kind(),
                "left out: what concerns the process is said by arguments of upstream serve");
      }
    }
  }

  private void define(Map<String, HaproxySection> sections, HaproxySection section) {
    HaproxySection earlier = sections.putIfAbsent(section.name(), section);
    if (earlier != null) {
      problems.add(
          section.at(),
          section.kind() + " " + section.name(),
          "is there already, at " + earlier.at() + " (expected: once)");
    }
  }

  @Override
  public Converted convert() {
    HaproxySection frontend = frontend();
    problems.throwIfAny();
    if (frontend == null) {
      throw new IllegalStateException("no frontend and no problem");
    }
    HaproxyBackends servers = new HaproxyBackends(backends, problems, notes, options.guards());
    RouteList routes = new RouteList();
    new HaproxyRules(frontend, servers, routes, problems, notes, options.guards()).convert();
    List<Node.Entry> made = servers.converted();
    Location top = frontend.at();
    if (made.isEmpty() && problems.isEmpty()) {
      problems.add(
          top,
          "frontend " + frontend.name(),
          "nothing of it leads to a backend with servers (expected: default_backend or use_backend"
              + " with conditions on host and path)");
    }
    problems.throwIfAny();
    return Converted.of("HAProxy", top, made, routes.nodes(top), notes);
  }

  private @Nullable HaproxySection frontend() {
    String named = options.server().orElse(null);
    if (named != null) {
      HaproxySection found = frontends.get(named);
      if (found == null) {
        problems.addUnknown(
            new Location("--server", 1, 1),
            "",
            "no frontend " + Problem.quoted(named),
            named,
            frontends.keySet());
      }
      return found;
    }
    List<HaproxySection> http = new ArrayList<>();
    for (HaproxySection frontend : frontends.values()) {
      if (!frontend.value("mode").equals("http")) {
        notes.loss(
            frontend.at(), "frontend " + frontend.name(), "left out: only mode http is proxied");
      } else if (frontend.has("default_backend")
          || frontend.has("use_backend")
          || frontend.has("server")) {
        http.add(frontend);
      }
    }
    if (http.size() != 1) {
      problems.add(
          http.isEmpty() ? new Location("haproxy", 1, 1) : http.get(1).at(),
          "frontend",
          http.isEmpty()
              ? "none has mode http and leads to a backend (expected: one, with mode http)"
              : "there are several, and a gateway has one list of routes (expected: one, such as"
                  + " --server "
                  + http.get(0).name()
                  + ")");
      return null;
    }
    return http.get(0);
  }
}
