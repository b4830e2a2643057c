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
 *   <li>{@code key}: what decides. {@code url} is path and query, {@code path} the path alone,
 *       {@code host} the host asked for in lower case, {@code ip} the client's address, {@code
 *       header:NAME}, {@code cookie:NAME} and {@code query:NAME} one value. A request without it,
 *       or with an empty one, goes to the next backend in turn and is counted as {@code
 *       absent_keys}. All are hashed as sent, byte by byte, and found as nginx finds {@code
 *       $request_uri}, {@code $http_NAME}, {@code $cookie_NAME} and {@code $arg_NAME}: names match
 *       in any case, those of query parameters as they stand in the URL, and quotes around the
 *       value of a cookie are part of it.
 *   <li>{@code table}: {@code ketama} picks what nginx's {@code hash KEY consistent} picks for the
 *       same servers; it moves the keys of a removed backend only, and needs 10 to 20 bytes for
 *       each point. {@code maglev} (Eisenbud et al., NSDI '16) spreads more evenly and needs 8
 *       bytes for each entry; when one of 1,000 backends goes, about 0.5 % of the others' keys
 *       move, too.
 *   <li>{@code points}: of ketama, how many a backend has for each unit of its weight. All backends
 *       together may have {@value Ketama#MAX_POINTS}; beyond that the set of backends is refused.
 *   <li>{@code size}: of maglev, the entries of its table: a prime, best a hundred times the number
 *       of backends.
 *   <li>{@code balance_factor}: when given, no backend has more than this percentage of the average
 *       of requests in flight (rounded up, weights heeded) while another has room; further requests
 *       go on to the next backend of the table.
 *   <li>{@code trusted_proxies}: of key {@code ip}, the networks whose {@code X-Forwarded-For}, or
 *       else {@code Forwarded} (RFC 7239), is believed. The client is the last address there that
 *       is not itself trusted.
 * </ul>
 *
 * <p>A backend is placed by {@link io.upstream4j.api.spi.Attributes#SERVER}, the text of the
 * configuration, and without it by its {@code host:port}. As in nginx, backends that share the text
 * (the addresses of one name) share a place, where they take turns. A backend of weight 0 has no
 * place; it is used when no other can be.
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

  /** For {@link java.util.ServiceLoader}. */
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
