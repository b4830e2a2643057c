package io.upstream4j.discovery.dns;

import io.upstream4j.api.option.Option;
import io.upstream4j.api.option.Options;
import io.upstream4j.api.spi.Discovery;
import io.upstream4j.api.spi.DiscoveryProvider;
import io.upstream4j.api.spi.IpAddress;
import io.upstream4j.api.spi.PluginContext;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/** Provides {@code dns}: backends from the address and SRV records of names. */
public final class DnsProvider implements DiscoveryProvider {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration DAY = Duration.ofDays(1);

  private static final Option<List<Entry>> ADDRS =
      Option.of(
              "addrs",
              "the names to look up, each a server of the configuration that stands for all its"
                  + " addresses; instead of name",
              Entry.EXPECTED,
              Entry::read)
          .list()
          .optional();

  private static final Option<Entry> NAME =
      Option.of(
              "name",
              "the one name to look up, whose backends are servers of their own; instead of addrs",
              Entry.EXPECTED,
              Entry::read)
          .optional();

  private static final Option<RecordType> RECORD =
      Option.oneOf(
              "record",
              "which records of the names; auto is srv for _service._proto.name, else a and aaaa",
              RecordType.class)
          .orElse(RecordType.AUTO);

  private static final Option<List<List<InetSocketAddress>>> SERVER =
      Option.of(
              "dns_server",
              "the name servers to ask, in this order; those of resolv.conf when left out",
              NameServer.EXPECTED,
              NameServer::readList)
          .list()
          .optional();

  private static final Option<String> DOMAIN =
      Option.of(
              "dns_domain",
              "the domain to try first behind a name that is not complete",
              "a domain",
              DnsProvider::readDomain)
          .optional();

  private static final Option<List<List<String>>> SEARCH =
      Option.of(
              "dns_search",
              "the domains to try behind a name that is not complete, after those of resolv.conf",
              "domains, with commas between them",
              DnsProvider::readDomains)
          .list()
          .optional();

  private static final Option<Boolean> IPV4_ONLY =
      Option.flag("ipv4_only", "leave out IPv6 addresses").orElse(false);

  private static final Option<Duration> UPDATE_FREQUENCY =
      Option.duration(
              "update_frequency", "ask at least so often, whatever the time to live", SECOND, DAY)
          .optional();

  private static final Option<Duration> MIN_TTL =
      Option.duration("min_ttl", "what a shorter time to live counts as", SECOND, DAY)
          .orElse(SECOND);

  private static final Option<Duration> MAX_TTL =
      Option.duration("max_ttl", "what a longer time to live counts as", SECOND, DAY)
          .orElse(Duration.ofMinutes(5));

  private static final Option<Duration> MAX_STALE =
      Option.duration(
              "max_stale",
              "how long the last good answer stays in use; for ever when left out",
              SECOND,
              Duration.ofDays(365))
          .optional();

  private static final Option<OnEmpty> ON_EMPTY =
      Option.oneOf(
              "on_empty",
              "what becomes of backends whose name has no records any more: keep them as when no"
                  + " server answers, or drain them",
              OnEmpty.class)
          .orElse(OnEmpty.KEEP);

  private static final Option<Duration> TIMEOUT =
      Option.duration(
              "timeout",
              "how long one name server has for one answer; that of resolv.conf, else 2s, when"
                  + " left out",
              Duration.ofMillis(10),
              Duration.ofMinutes(1))
          .optional();

  /** Creates the provider. */
  public DnsProvider() {}

  @Override
  public String type() {
    return "dns";
  }

  @Override
  public List<Option<?>> options() {
    return List.of(
        ADDRS,
        NAME,
        RECORD,
        SERVER,
        DOMAIN,
        SEARCH,
        IPV4_ONLY,
        UPDATE_FREQUENCY,
        MIN_TTL,
        MAX_TTL,
        MAX_STALE,
        ON_EMPTY,
        TIMEOUT);
  }

  @Override
  public Discovery create(Options options, PluginContext context) {
    return create(options, context, Path.of("/etc/resolv.conf"), Path.of("/etc/hosts"));
  }

  /** Creates a discovery that reads the given system files. */
  Discovery create(Options options, PluginContext context, Path resolvConf, Path hosts) {
    NameSettings settings =
        new NameSettings(
            options.find(SERVER).orElse(List.of()).stream().flatMap(List::stream).toList(),
            options.find(DOMAIN).orElse(null),
            options.find(SEARCH).orElse(List.of()).stream().flatMap(List::stream).toList(),
            options.find(TIMEOUT).orElse(null),
            resolvConf,
            hosts);
    return create(options, context, () -> new SystemNames(settings));
  }

  /** Creates a discovery with another source of names. */
  Discovery create(Options options, PluginContext context, Supplier<Names.Source> names) {
    Duration minTtl = options.get(MIN_TTL);
    Duration maxTtl = options.get(MAX_TTL);
    Duration updateFrequency = options.find(UPDATE_FREQUENCY).orElse(null);
    if (maxTtl.compareTo(minTtl) < 0) {
      throw new IllegalArgumentException(
          "min_ttl is greater than max_ttl (expected: min_ttl up to max_ttl)");
    }
    if (updateFrequency != null && updateFrequency.compareTo(minTtl) < 0) {
      throw new IllegalArgumentException(
          "update_frequency is less than min_ttl (expected: min_ttl or more)");
    }
    Recipe recipe =
        new Recipe(
            entries(options, context),
            options.isGiven(ADDRS),
            options.get(RECORD),
            options.get(IPV4_ONLY),
            new Pace(
                minTtl, maxTtl, updateFrequency, () -> ThreadLocalRandom.current().nextDouble()),
            options.find(MAX_STALE).orElse(null),
            options.get(ON_EMPTY),
            context);
    return new DnsDiscovery(recipe, names);
  }

  private static List<Entry> entries(Options options, PluginContext context) {
    if (options.find(ADDRS).isPresent() == options.find(NAME).isPresent()) {
      throw new IllegalArgumentException(
          options.find(NAME).isPresent()
              ? "both addrs and name are given (expected: one of them)"
              : "neither addrs nor name is given (expected: one of them)");
    }
    List<Entry> entries = options.find(ADDRS).orElseGet(() -> List.of(options.get(NAME)));
    if (entries.isEmpty()) {
      throw new IllegalArgumentException("addrs: an empty list (expected: at least one name)");
    }
    RecordType record = options.get(RECORD);
    boolean ipv4Only = options.get(IPV4_ONLY);
    if (ipv4Only && record == RecordType.AAAA) {
      throw new IllegalArgumentException(
          "record is aaaa, but ipv4_only is true (expected: one or the other)");
    }
    Set<String> seen = new HashSet<>();
    for (Entry entry : entries) {
      if (entry.isService(record)) {
        entry.checkService();
      }
      IpAddress address = entry.address();
      if (ipv4Only && address != null && !address.isIpv4()) {
        throw new IllegalArgumentException(
            "\"" + entry.text() + "\" is an IPv6 address, but ipv4_only is true");
      }
      int port = entry.port() == 0 ? context.defaultPort() : entry.port();
      if (!seen.add(entry.host() + " " + port)) {
        throw new IllegalArgumentException(
            "\"" + entry.text() + "\" is there twice (expected: each name and port once)");
      }
    }
    return entries;
  }

  private static List<String> readDomains(String text) {
    return Arrays.stream(text.split(",", -1)).map(one -> readDomain(one.strip())).toList();
  }

  private static String readDomain(String text) {
    String domain = text.toLowerCase(Locale.ROOT);
    if (!Entry.isName(domain)) {
      throw new IllegalArgumentException();
    }
    return domain;
  }
}
