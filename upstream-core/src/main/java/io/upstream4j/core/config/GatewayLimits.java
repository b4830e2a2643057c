package io.upstream4j.core.config;

import static java.util.Objects.requireNonNull;

import io.upstream4j.api.option.Location;
import io.upstream4j.api.option.Node;
import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.option.Problems;
import java.util.List;
import java.util.Optional;

/**
 * Limits on data from clients, and on memory for slow ones.
 *
 * @param memoryBytes the memory for data that waits for slow peers, over all connections; empty for
 *     a fraction of the heap
 * @param connections the number of client connections; empty for a limit that fits the process
 * @param headerFields the number of fields of a head, and of trailers
 * @param headerBytes the size of a head including its first line, and of trailers
 * @param requestLineBytes the size of the first line of a request, or of the target of an HTTP/2
 *     request; at most {@code headerBytes}
 * @param http2Streams the number of requests in progress on an HTTP/2 connection
 * @param http2WindowBytes the flow-control window of an HTTP/2 request's body
 * @param source the mapping in the configuration
 */
public record GatewayLimits(
    Optional<Long> memoryBytes,
    Optional<Integer> connections,
    int headerFields,
    int headerBytes,
    int requestLineBytes,
    int http2Streams,
    int http2WindowBytes,
    Node.Mapping source) {
  private static final long MIB = 1 << 20;

  private static final Option<Long> MEMORY =
      Option.size(
              "memory",
              "what is held for slow peers, over all connections; by default a sixth of the heap,"
                  + " and at least 8MiB",
              MIB,
              1L << 40)
          .optional();
  private static final Option<Integer> CONNECTIONS =
      Option.integer(
              "connections",
              "how many clients may be connected; by default as many as heap and open files have"
                  + " room for",
              1,
              10_000_000)
          .optional();
  private static final Option<Integer> HEADER_FIELDS =
      Option.integer("header_fields", "fields of a request's head, and of its trailers", 10, 10_000)
          .orElse(200);
  private static final Option<Long> HEADER_SIZE =
      Option.size("header_size", "a request's head, and its trailers", 1_024, MIB)
          .orElse(64L << 10);
  private static final Option<Long> REQUEST_LINE_SIZE =
      Option.size(
              "request_line_size",
              "the first line of a request, or the target of one with HTTP/2; at most header_size",
              512,
              MIB)
          .orElse(16L << 10);
  private static final Option<Integer> H2_STREAMS =
      Option.integer(
              "h2_streams", "requests in progress on one HTTP/2 connection of a client", 1, 10_000)
          .orElse(100);
  private static final Option<Long> H2_STREAM_WINDOW =
      Option.size(
              "h2_stream_window",
              "how much of one HTTP/2 request's body may be on its way, or wait for a slow server",
              1_024,
              16 * MIB)
          .orElse(64L << 10);

  static final List<Option<?>> ALL =
      List.of(
          MEMORY,
          CONNECTIONS,
          HEADER_FIELDS,
          HEADER_SIZE,
          REQUEST_LINE_SIZE,
          H2_STREAMS,
          H2_STREAM_WINDOW);

  /** The limits without a configuration. */
  public static final GatewayLimits DEFAULT =
      new GatewayLimits(
          Optional.empty(),
          Optional.empty(),
          200,
          64 << 10,
          16 << 10,
          100,
          64 << 10,
          new Node.Mapping(new Location("defaults", 1, 1), List.of()));

  /** Checks the components. */
  public GatewayLimits {
    requireNonNull(memoryBytes, "memoryBytes");
    requireNonNull(connections, "connections");
    requireNonNull(source, "source");
    if (requestLineBytes > headerBytes) {
      throw new IllegalArgumentException(
          "requestLineBytes: " + requestLineBytes + " (expected: at most " + headerBytes + ")");
    }
  }

  /** Reads the mapping at a path. Do not use the result when there are problems. */
  static GatewayLimits read(Node.Mapping mapping, String path, Problems problems) {
    int before = problems.size();
    Options options = Options.read(ALL, mapping, path, problems);
    if (problems.size() > before) {
      return DEFAULT;
    }
    long head = options.get(HEADER_SIZE);
    long line = options.get(REQUEST_LINE_SIZE);
    if (line > head) {
      Option<Long> culprit = options.isGiven(REQUEST_LINE_SIZE) ? REQUEST_LINE_SIZE : HEADER_SIZE;
      problems.add(
          options.location(culprit),
          path + "." + culprit.name(),
          "header_size is less than request_line_size: "
              + head
              + " and "
              + line
              + " bytes (expected: at least as much, since it includes the request line)");
      return DEFAULT;
    }
    return new GatewayLimits(
        options.find(MEMORY),
        options.find(CONNECTIONS),
        options.get(HEADER_FIELDS),
        (int) head,
        (int) line,
        options.get(H2_STREAMS),
        Math.toIntExact(options.get(H2_STREAM_WINDOW)),
        mapping);
  }
}
