package io.upstream4j.health.http;

import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import io.upstream4j.api.option.StatusRange;
import io.upstream4j.api.spi.HealthCheck;
import io.upstream4j.api.spi.HealthChecker;
import io.upstream4j.api.spi.PluginContext;
import io.upstream4j.api.spi.ProbeRequest;
import io.upstream4j.api.spi.ProbeRequest.Security;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** Provides {@code http}: a backend works when it answers a request with an expected response. */
public final class HttpChecker implements HealthChecker {
  /** The number of bytes of a body that are searched. */
  static final int BODY_WINDOW_BYTES = 64 * 1024;

  private static final Option<String> PATH =
      Option.of(
              "path",
              "what to ask for, with the query if there is one",
              HttpText.PATH,
              HttpText::path)
          .orElse("/");

  private static final Option<String> METHOD =
      Option.of("method", "the method of the request", HttpText.METHOD, HttpText::method)
          .orElse("GET");

  static final Option<String> HOST =
      Option.of(
              "host",
              "the Host header; the one that the upstream's traffic would bear when left out",
              HttpText.HOST,
              HttpText::host)
          .optional();

  private static final Option<Map<String, String>> HEADERS =
      Option.<Map<String, String>>ofNode(
              "headers",
              "further headers of the request",
              "a mapping of header names to values",
              HttpChecker::readHeaders)
          .optional();

  private static final Option<List<StatusRange>> EXPECT =
      Option.of(
              "expect",
              "the statuses of a backend that works",
              StatusRange.EXPECTED,
              StatusRange::parse)
          .list()
          .orElse(List.of(new StatusRange(200, 299)));

  private static final Option<String> BODY =
      Option.text("body", "text that the first 64 KiB of the response's body must contain")
          .optional();

  private static final Option<Pattern> BODY_PATTERN =
      Option.of(
              "body_pattern",
              "what must be found in the first 64 KiB of the response's body",
              "a regular expression of Java",
              HttpChecker::pattern)
          .optional();

  static final Option<Integer> PORT =
      Option.integer("port", "the port to ask at, when it is not the backend's", 1, 65_535)
          .optional();

  static final Option<Boolean> TLS =
      Option.flag("tls", "whether to encrypt; as the upstream's traffic when left out").optional();

  /** Creates the checker. */
  public HttpChecker() {}

  @Override
  public String type() {
    return "http";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(PATH, METHOD, HOST, HEADERS, EXPECT, BODY, BODY_PATTERN, PORT, TLS);
  }

  @Override
  public HealthCheck create(Options options, PluginContext context) {
    String body = options.find(BODY).orElse(null);
    String method = options.get(METHOD);
    Pattern pattern = options.find(BODY_PATTERN).orElse(null);
    boolean readsBody = body != null || pattern != null;
    if (readsBody && method.equals("HEAD")) {
      throw new IllegalArgumentException(
          (body != null ? "body" : "body_pattern")
              + ": a response to HEAD has none (expected: method GET, or no body)");
    }
    if (options.get(EXPECT).isEmpty()) {
      throw new IllegalArgumentException("expect: an empty list (expected: at least one status)");
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(options.find(HEADERS).orElse(Map.of()));
    options.find(HOST).ifPresent(host -> headers.put("host", host));
    ProbeRequest request =
        new ProbeRequest(
            method,
            options.get(PATH),
            headers,
            security(options),
            readsBody ? BODY_WINDOW_BYTES : 0);
    return new HttpCheck(
        context.probes(),
        request,
        port(options),
        new Expectation(options.get(EXPECT), body, pattern));
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          e.getDescription() + " at character " + (e.getIndex() + 1), e);
    }
  }

  static Security security(Options options) {
    return options
        .find(TLS)
        .map(tls -> tls ? Security.TLS : Security.CLEAR)
        .orElse(Security.AS_TRAFFIC);
  }

  static ProbePort port(Options options) {
    return new ProbePort(options.find(PORT).orElse(ProbePort.OWN));
  }

  private static @Nullable Map<String, String> readHeaders(
      Node node, String path, Problems problems) {
    if (!(node instanceof Node.Mapping mapping)) {
      problems.add(
          node.location(),
          path,
          "a " + node.kind() + " (expected: a mapping of header names to values)");
      return null;
    }
    if (mapping.entries().size() > HttpText.MAX_HEADERS) {
      problems.add(
          node.location(),
          path,
          mapping.entries().size() + " headers (expected: at most " + HttpText.MAX_HEADERS + ")");
      return null;
    }
    int before = problems.size();
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Node.Entry entry : mapping.entries()) {
      String at = path + "." + entry.key();
      String wrong = HttpText.wrongHeaderName(entry.key());
      if (wrong != null) {
        problems.add(entry.location(), at, wrong);
      } else if (!(entry.value() instanceof Node.Scalar value)) {
        problems.add(
            entry.value().location(), at, "a " + entry.value().kind() + " (expected: text)");
      } else if (!HttpText.isHeaderValue(value.text())) {
        problems.add(value.location(), at, "control characters (expected: visible text)");
      } else if (value.text().length() > HttpText.MAX_HEADER_VALUE) {
        problems.add(
            value.location(),
            at,
            value.text().length()
                + " characters (expected: at most "
                + HttpText.MAX_HEADER_VALUE
                + ")");
      } else if (headers.put(entry.key(), value.text()) != null) {
        problems.add(entry.location(), at, "there already in other letters (expected: once)");
      }
    }
    return problems.size() == before ? headers : null;
  }
}
