package io.upstream4j.lb.consistent;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.LoadBalancer;
import io.upstream4j.api.spi.LoadBalancerProvider;
import io.upstream4j.api.spi.Network;
import io.upstream4j.api.spi.PluginContext;
import java.util.List;
import java.util.Optional;

/**
 * Provides {@code consistent}: requests with the same key go to the same backend.
 *
 * <ul>
 *   <li>{@code key}: the part of the request to hash. {@code url} is path and query, {@code path}
 *       the path alone, {@code host} the requested host in lower case, {@code ip} the client's
 *       address; {@code header:NAME}, {@code cookie:NAME} and {@code query:NAME} are single values.
 *       A request whose key is missing or empty goes to the next backend in rotation and is counted
 *       as {@code absent_keys}. Keys are hashed byte by byte as sent, and found in the same way as
 *       nginx's {@code $request_uri}, {@code $http_NAME}, {@code $cookie_NAME} and {@code
 *       $arg_NAME}: names are case-insensitive, names of query parameters are not percent-decoded,
 *       and the quotes around a cookie's value are part of it.
 *   <li>{@code table}: {@code ketama} picks the same server as nginx's {@code hash KEY consistent};
 *       a removed backend moves only its own keys; needs 10 to 20 bytes per point. {@code maglev}
 *       (Eisenbud et al., NSDI '16) spreads keys more evenly and needs 8 bytes per entry; when one
 *       of 1,000 backends is removed, about 0.5 % of the others' keys move, too.
 *   <li>{@code points}: for ketama, the number of points per unit of weight. All backends together
 *       may have {@value Ketama#MAX_POINTS}; a larger set of backends is refused.
 *   <li>{@code size}: for maglev, the number of entries of its table; a prime, ideally a hundred
 *       times the number of backends.
 *   <li>{@code balance_factor}: limits each backend to this percentage of the average number of
 *       requests in flight (rounded up, in proportion to its weight) while another backend has
 *       room; further requests go to the next backend of the table.
 *   <li>{@code trusted_proxies}: for key {@code ip}, the networks whose {@code X-Forwarded-For}
 *       header is trusted, or else {@code Forwarded} (RFC 7239). The client is the last address in
 *       it that is not itself trusted.
 * </ul>
 *
 * <p>A backend is placed by {@link io.upstream4j.api.spi.Attributes#SERVER}, its text in the
 * configuration, or else by its {@code host:port}. As in nginx, backends with the same text (the
 * addresses of one name) share a place and take turns in it. A backend of weight 0 has no place; it
 * is used when no other can be.
 */
public final class ConsistentProvider implements LoadBalancerProvider {
  private static final int LEAST_SIZE = 65_537;
  private static final int MOST_SIZE = 5_000_011;

  private static final Option<KeyPart> KEY =
      Option.of(
              "key", "the part of a request that decides its backend", KeyPart.KINDS, KeyPart::read)
          .orElse(new KeyPart(KeyPart.Kind.PATH, ""));
  private static final Option<TableKind> TABLE =
      Option.oneOf(
              "table",
              "how backends are placed: ketama as nginx does, maglev more evenly",
              TableKind.class)
          .orElse(TableKind.KETAMA);
  private static final Option<Integer> POINTS =
      Option.integer("points", "ketama: points on the ring for each unit of weight", 1, 65_536)
          .orElse(160);
  private static final Option<Integer> SIZE =
      Option.of(
              "size",
              "maglev: entries of the table",
              "a prime of " + LEAST_SIZE + " to " + MOST_SIZE,
              ConsistentProvider::readSize)
          .orElse(LEAST_SIZE);
  private static final Option<Integer> BALANCE_FACTOR =
      Option.integer(
              "balance_factor",
              "a backend's most requests in flight, in percent of the average; unlimited when left"
                  + " out",
              100,
              100_000)
          .optional();
  private static final Option<List<Network>> TRUSTED_PROXIES =
      Option.of(
              "trusted_proxies",
              "key ip: networks whose X-Forwarded-For and Forwarded headers are believed",
              "a network such as 10.0.0.0/8",
              Network::parse)
          .list()
          .orElse(List.of());

  /** Called by {@link java.util.ServiceLoader}. */
  public ConsistentProvider() {}

  private static int readSize(String text) {
    int size = Integer.parseInt(text);
    if (size < LEAST_SIZE || size > MOST_SIZE) {
      throw new IllegalArgumentException();
    }
    if (!Primes.isPrime(size)) {
      throw new IllegalArgumentException(
          "is not prime (expected: a prime, such as " + Primes.next(size) + ")");
    }
    return size;
  }

  @Override
  public String type() {
    return "consistent";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(KEY, TABLE, POINTS, SIZE, BALANCE_FACTOR, TRUSTED_PROXIES);
  }

  @Override
  public LoadBalancer create(Options options, PluginContext context) {
    KeyPart part = options.get(KEY);
    TableKind kind = options.get(TABLE);
    if (options.isGiven(SIZE) && kind != TableKind.MAGLEV) {
      throw new IllegalArgumentException("size: only a maglev table has one (set: table: maglev)");
    }
    if (options.isGiven(POINTS) && kind != TableKind.KETAMA) {
      throw new IllegalArgumentException(
          "points: only a ketama table has them; maglev takes: size");
    }
    if (options.isGiven(TRUSTED_PROXIES) && part.kind() != KeyPart.Kind.IP) {
      throw new IllegalArgumentException(
          "trusted_proxies: without use for key \"" + part + "\" (expected: key: ip)");
    }
    int points = options.get(POINTS);
    int size = options.get(SIZE);
    Table.Builder table =
        switch (kind) {
          case KETAMA -> servers -> Ketama.of(servers, points);
          case MAGLEV -> servers -> Maglev.of(servers, size);
        };
    Optional<Integer> balance = options.find(BALANCE_FACTOR);
    return new Consistent(
        part,
        RequestKey.of(part, options.get(TRUSTED_PROXIES)),
        table,
        balance.orElse(LoadBound.UNBOUNDED));
  }

  private enum TableKind {
    KETAMA,
    MAGLEV
  }
}
