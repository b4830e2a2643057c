package io.upstream4j.distribution.convert;

import io.upstream4j.core.config.RoutePath;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The requests that a condition of HAProxy fits.
 *
 * @param hosts empty for any
 * @param paths empty for any; none of them fits when {@code never}
 * @param other whether it asks for something else than host and path as well
 * @param vague whether it asks for hosts or paths in a way that has no equivalent
 * @param never whether no request fits
 */
record HaproxyMatch(
    Set<String> hosts, List<RoutePath> paths, boolean other, boolean vague, boolean never) {
  static final HaproxyMatch ANY = new HaproxyMatch(Set.of(), List.of(), false, false, false);
  static final HaproxyMatch OTHER = new HaproxyMatch(Set.of(), List.of(), true, false, false);
  static final HaproxyMatch VAGUE = new HaproxyMatch(Set.of(), List.of(), false, true, false);

  private static final int MOST = 1_000;

  HaproxyMatch {
    hosts = Set.copyOf(hosts);
    paths = List.copyOf(paths);
  }

  static HaproxyMatch hosts(Set<String> hosts) {
    return new HaproxyMatch(hosts, List.of(), false, false, false);
  }

  static HaproxyMatch paths(List<RoutePath> paths) {
    return new HaproxyMatch(Set.of(), paths, false, false, paths.isEmpty());
  }

  /**
   * Reads a criterion and its values.
   *
   * @param words such as {@code path_beg -i /api /v2}
   */
  static HaproxyMatch criterion(List<String> words) {
    String name = words.get(0);
    String how = "";
    boolean ignoresCase = name.contains(",lower");
    List<String> values = new ArrayList<>();
    for (int i = 1; i < words.size(); i++) {
      String word = words.get(i);
      if (!values.isEmpty() || !word.startsWith("-")) {
        values.add(word);
      } else if (word.equals("-i")) {
        ignoresCase = true;
      } else if (word.equals("-m") && i + 1 < words.size()) {
        how = words.get(++i);
      } else if (!word.equals("--")) {
        return isOfPlace(name) ? VAGUE : OTHER; // values of files
      }
    }
    name = name.replace(",lower", "").replace("req.", "").replace("req_", "");
    if (name.startsWith("hdr") && name.endsWith("(host)")) {
      String kind = name.substring(3, name.length() - "(host)".length()).replace("_", "");
      return host(how.isEmpty() ? kind : how, values);
    }
    if (name.startsWith("path")) {
      String kind = name.substring(4).replace("_", "");
      return kind.startsWith(",") ? VAGUE : path(how.isEmpty() ? kind : how, values, ignoresCase);
    }
    return isOfPlace(name) ? VAGUE : OTHER;
  }

  private static boolean isOfPlace(String name) {
    return name.startsWith("path")
        || name.startsWith("url")
        || name.startsWith("base")
        || name.contains("(host)");
  }

  private static HaproxyMatch host(String how, List<String> values) {
    Set<String> hosts = new LinkedHashSet<>();
    for (String value : values) {
      String host = value.toLowerCase(Locale.ROOT);
      switch (how) {
        case "", "str" -> {
          if (host.indexOf(':') < 0) { // those with a port are the same host here
            hosts.add(host);
          }
        }
        case "end" -> {
          if (!host.startsWith(".")) {
            return VAGUE;
          }
          hosts.add("*" + host);
        }
        case "dom" -> {
          hosts.add(host);
          hosts.add("*." + host);
        }
        case "reg" -> {
          if (!Regexes.isDomain(value)) {
            return VAGUE;
          }
          hosts.add(Regexes.domain(value));
        }
        default -> {
          return VAGUE;
        }
      }
    }
    return hosts.isEmpty() ? VAGUE : hosts(hosts);
  }

  private static HaproxyMatch path(String how, List<String> values, boolean ignoresCase) {
    List<RoutePath> paths = new ArrayList<>();
    for (String value : values) {
      String before = "";
      String after = "";
      switch (how) {
        case "", "str" -> {
          before = "^";
          after = "$";
        }
        case "beg" -> before = "^";
        case "end" -> after = "$";
        case "sub", "dir", "reg" -> {}
        default -> {
          return VAGUE;
        }
      }
      boolean plain = !ignoresCase && isPlain(value);
      if (plain && how.equals("beg")) {
        paths.add(RouteList.prefix(value));
      } else if (plain && (how.isEmpty() || how.equals("str"))) {
        paths.add(RouteList.exact(value));
      } else {
        String quoted =
            how.equals("dir") ? "(?:^|/)" + Regexes.quote(value) + "(?:/|$)" : Regexes.quote(value);
        String regex = how.equals("reg") ? value : before + quoted + after;
        String java = Regexes.toJava(regex, ignoresCase).orElse("");
        if (java.isEmpty()) {
          return VAGUE;
        }
        paths.add(RouteList.regex(java));
      }
    }
    return paths(paths);
  }

  private static boolean isPlain(String path) {
    return path.startsWith("/")
        && path.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '?' && c != '#');
  }

  /** Requests that it does not fit. */
  HaproxyMatch not() {
    if (other || vague) {
      return this;
    }
    if (!hosts.isEmpty() || paths.isEmpty()) {
      return VAGUE;
    }
    String all = paths.stream().map(HaproxyMatch::regex).collect(Collectors.joining("|"));
    return all.length() > 900 ? VAGUE : paths(List.of(RouteList.regex("^(?!" + all + ")")));
  }

  /** An expression that is looked for from the beginning of a path. */
  private static String regex(RoutePath path) {
    return switch (path.kind()) {
      case EXACT -> Regexes.quote(path.text()) + "$";
      case PREFIX, SEGMENTS -> Regexes.quote(path.text());
      case REGEX -> "(?s:.*?)(?:" + path.text() + ")";
    };
  }

  /** Requests that both fit. */
  HaproxyMatch and(HaproxyMatch that) {
    boolean none = never || that.never;
    Set<String> bothHosts = new LinkedHashSet<>(hosts.isEmpty() ? that.hosts : hosts);
    if (!hosts.isEmpty() && !that.hosts.isEmpty()) {
      bothHosts.retainAll(that.hosts);
      none |= bothHosts.isEmpty();
    }
    List<RoutePath> bothPaths = new ArrayList<>(paths.isEmpty() ? that.paths : paths);
    boolean tooMany = false;
    if (!paths.isEmpty() && !that.paths.isEmpty()) {
      bothPaths.clear();
      for (RoutePath one : paths) {
        for (RoutePath two : that.paths) {
          String text = "^(?=" + regex(one) + ")" + regex(two);
          tooMany |= text.length() > 900 || bothPaths.size() > MOST;
          if (!tooMany) {
            bothPaths.add(one.equals(two) ? one : RouteList.regex(text));
          }
        }
      }
    }
    return new HaproxyMatch(
        bothHosts,
        tooMany ? List.of() : bothPaths,
        other || that.other,
        vague || that.vague || tooMany,
        none);
  }
}
