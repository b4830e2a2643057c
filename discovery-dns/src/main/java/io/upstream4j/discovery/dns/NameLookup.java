package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.Attributes;
import io.upstream4j.api.spi.Backend;
import io.upstream4j.api.spi.Endpoint;
import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;

/** Finds the backends of one entry, repeatedly. Blocks; not thread-safe. */
final class NameLookup {
  /** How long an answer of the hosts file is valid. */
  private static final Duration HOSTS_TTL = Duration.ofSeconds(10);

  private static final Comparator<IpAddress> BY_ADDRESS =
      Comparator.<IpAddress>comparingLong(address -> address.high() + Long.MIN_VALUE)
          .thenComparingLong(address -> address.low() + Long.MIN_VALUE);

  private static final Comparator<SRVRecord> BY_TARGET =
      Comparator.comparingInt(SRVRecord::getPriority)
          .thenComparing(SRVRecord::getTarget)
          .thenComparingInt(SRVRecord::getPort)
          .thenComparing(SRVRecord::getWeight, Comparator.reverseOrder());

  private final Recipe recipe;
  private final Entry entry;
  private final Names.Source source;
  private final int[] types;
  private @Nullable Questions last;

  NameLookup(Recipe recipe, Entry entry, Names.Source source) {
    this.recipe = recipe;
    this.entry = entry;
    this.source = source;
    this.types = recipe.record().addressTypes(recipe.ipv4Only());
  }

  /**
   * Performs one look-up.
   *
   * @param anew whether to ask even for answers that are still valid
   * @throws IOException when no backends are known; the message names the entry
   */
  Outcome look(boolean anew) throws IOException {
    Questions questions = new Questions(source.now(), recipe, last, anew);
    Round round = new Round(questions);
    Outcome outcome = entry.isService(recipe.record()) ? round.services() : round.addresses();
    last = questions; // not after a failure, so that the previous answers are kept
    return outcome;
  }

  private static String quoted(Name name) {
    return "\"" + name.toString(true) + "\"";
  }

  /** A look-up in progress. */
  private final class Round {
    private final Questions questions;

    Round(Questions questions) {
      this.questions = questions;
    }

    Outcome addresses() throws IOException {
      List<IpAddress> found = hosts(entry.host());
      for (Name candidate :
          found.isEmpty() ? questions.names().candidates(entry.host()) : List.<Name>of()) {
        found = addresses(candidate, true, List.of());
        if (!found.isEmpty()) {
          break;
        }
      }
      if (found.isEmpty()) {
        return empty("host", "address");
      }
      Attributes attributes = recipe.attributes(entry);
      int port = recipe.context().defaultPort();
      return found(
          found.stream().map(address -> entry.backend(address, port, attributes)).toList());
    }

    Outcome services() throws IOException {
      for (Name candidate : questions.names().candidates(entry.host())) {
        Answer answer = questions.ask(candidate, Type.SRV);
        if (answer.kind() == Answer.Kind.FOUND) {
          return services(answer.records(), answer.additional());
        }
      }
      return empty("service", "SRV record");
    }

    private Outcome services(List<Record> records, List<Record> additional) throws IOException {
      Map<Integer, List<Tier.Service>> tiers = new TreeMap<>();
      List<SRVRecord> sorted =
          records.stream().map(SRVRecord.class::cast).sorted(BY_TARGET).toList();
      for (SRVRecord record : sorted) {
        List<IpAddress> addresses = target(record, additional);
        if (!addresses.isEmpty()) {
          tiers
              .computeIfAbsent(record.getPriority(), priority -> new ArrayList<>())
              .add(new Tier.Service(record, addresses));
        }
      }
      if (tiers.isEmpty()) {
        IOException trouble = questions.trouble();
        if (trouble != null) {
          throw trouble;
        }
        return new Outcome.Empty(
            "service \"" + entry.host() + "\" has no target that has an address",
            questions.ttl(),
            null);
      }
      Map<Endpoint, Backend> backends = new LinkedHashMap<>();
      tiers.forEach((priority, services) -> add(priority, new Tier(services), backends));
      return found(List.copyOf(backends.values()));
    }

    private void add(int priority, Tier tier, Map<Endpoint, Backend> backends) {
      Attributes attributes = entry.attributes().with(Attributes.PRIORITY, priority);
      List<Integer> weights = tier.weights();
      for (int i = 0; i < weights.size(); i++) {
        Tier.Service service = tier.services().get(i);
        for (IpAddress address : service.addresses()) {
          Endpoint endpoint = new Endpoint(address.toString(), service.record().getPort());
          // Two records for one endpoint make one backend: that of the first tier, and there the
          // heavier one.
          backends.putIfAbsent(endpoint, new Backend(endpoint, weights.get(i), attributes));
        }
      }
    }

    /** Returns the addresses of a target; empty when the target is left out. */
    private List<IpAddress> target(SRVRecord record, List<Record> additional) {
      Name target = record.getTarget();
      if (target.equals(Name.root)) {
        return List.of(); // RFC 2782: the service does not exist
      }
      try {
        if (record.getPort() == 0) {
          throw new IOException(
              "service \"" + entry.host() + "\": target " + quoted(target) + " has the port 0");
        }
        List<IpAddress> hosts = hosts(target.toString(true));
        return hosts.isEmpty() ? addresses(target, false, additional) : hosts;
      } catch (IOException e) {
        questions.troubled(e);
        return List.of();
      }
    }

    private List<IpAddress> hosts(String host) {
      List<IpAddress> found = new ArrayList<>();
      for (IpAddress address : questions.names().hosts(host)) {
        for (int type : types) {
          if (address.isIpv4() == (type == Type.A) && !NoBackend.contains(address)) {
            found.add(address);
          }
        }
      }
      if (!found.isEmpty()) {
        questions.usedFor(HOSTS_TTL);
      }
      return found.stream().distinct().sorted(BY_ADDRESS).toList();
    }

    /** Returns the addresses of a name, sorted; empty when it has none. */
    private List<IpAddress> addresses(Name name, boolean top, List<Record> additional)
        throws IOException {
      List<Record> records = new ArrayList<>();
      IOException failure = null;
      for (int type : types) {
        List<Record> added =
            additional.stream()
                .filter(r -> r.getType() == type && r.getName().equals(name))
                .toList();
        try {
          if (added.isEmpty()) {
            Answer answer = top ? questions.ask(name, type) : questions.askOnce(name, type);
            records.addAll(answer.records());
            if (answer.kind() == Answer.Kind.NO_NAME) {
              break; // no records of any type
            }
          } else {
            added.forEach(record -> questions.usedFor(Duration.ofSeconds(record.getTTL())));
            records.addAll(added);
          }
        } catch (IOException e) {
          failure = e;
        }
      }
      if (records.isEmpty() && failure != null) {
        throw failure;
      }
      return usable(name, records);
    }

    private List<IpAddress> usable(Name name, List<Record> records) throws IOException {
      List<IpAddress> usable = new ArrayList<>();
      IpAddress unusable = null;
      for (Record record : records) {
        IpAddress address =
            IpAddress.of(
                record instanceof ARecord a ? a.getAddress() : ((AAAARecord) record).getAddress());
        if (NoBackend.contains(address)) {
          unusable = address;
        } else {
          usable.add(address);
        }
      }
      if (usable.isEmpty() && unusable != null) {
        throw new IOException(
            "host "
                + quoted(name)
                + " has the address "
                + unusable
                + ", which no backend can have");
      }
      return usable.stream().distinct().sorted(BY_ADDRESS).toList();
    }

    private Outcome found(List<Backend> backends) {
      return new Outcome.Found(
          backends,
          questions.ttl(),
          questions.asOf(),
          questions.harm(),
          questions.trouble() == null);
    }

    private Outcome empty(String what, String record) {
      return new Outcome.Empty(
          what
              + " \""
              + entry.host()
              + "\" "
              + (questions.exists() ? "has no " + record : "does not exist"),
          questions.ttl(),
          questions.trouble());
    }
  }
}
