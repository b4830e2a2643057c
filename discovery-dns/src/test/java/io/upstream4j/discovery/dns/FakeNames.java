package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Type;

/** Names that a test defines. Looks up full names only. */
final class FakeNames implements Names, Names.Source {
  private final Map<String, Answer> answers = new HashMap<>();
  private final Map<String, IOException> failures = new HashMap<>();
  private final Map<String, List<IpAddress>> hosts = new HashMap<>();
  private final List<String> asked = new ArrayList<>();
  private boolean unreachable;

  static Record a(String name, String address, long ttl) {
    try {
      return new ARecord(name(name), DClass.IN, ttl, InetAddress.getByName(address));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Record aaaa(String name, String address, long ttl) {
    try {
      return new AAAARecord(name(name), DClass.IN, ttl, InetAddress.getByName(address));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Record srv(String name, long ttl, int priority, int weight, int port, String target) {
    return new SRVRecord(name(name), DClass.IN, ttl, priority, weight, port, name(target));
  }

  static Name name(String text) {
    return Name.fromConstantString(text + ".");
  }

  synchronized FakeNames with(Record... records) {
    return with(List.of(records), List.of());
  }

  synchronized FakeNames with(List<Record> records, List<Record> additional) {
    long ttl = records.stream().mapToLong(Record::getTTL).min().orElseThrow();
    Record first = records.get(0);
    put(first.getName().toString(true), first.getType(), Answer.found(records, additional, ttl));
    return this;
  }

  /** Adds an IPv4 name with these addresses. */
  synchronized FakeNames withHost(String name, long ttl, String... addresses) {
    List<Record> records = new ArrayList<>();
    for (String address : addresses) {
      records.add(a(name, address, ttl));
    }
    without(name, Type.AAAA, Answer.Kind.NO_DATA, ttl);
    return with(records, List.of());
  }

  synchronized FakeNames without(String name, int type, Answer.Kind kind, long ttl) {
    put(name, type, Answer.empty(kind, ttl));
    return this;
  }

  private void put(String name, int type, Answer answer) {
    failures.remove(key(name, type));
    answers.put(key(name, type), answer);
  }

  synchronized FakeNames failing(String name, int type, IOException failure) {
    failures.put(key(name, type), failure);
    return this;
  }

  synchronized FakeNames withHosts(String name, String... addresses) {
    hosts.put(
        name,
        List.of(addresses).stream()
            .map(address -> IpAddress.parse(address, 0, address.length()))
            .toList());
    return this;
  }

  synchronized FakeNames reachable(boolean value) {
    unreachable = !value;
    return this;
  }

  /** Returns the questions so far, as {@code A name}. */
  synchronized List<String> asked() {
    return List.copyOf(asked);
  }

  private static String key(String name, int type) {
    return Type.string(type) + " " + name;
  }

  @Override
  public Names now() {
    return this;
  }

  @Override
  public List<Name> candidates(String name) {
    return List.of(name(name));
  }

  @Override
  public synchronized List<IpAddress> hosts(String name) {
    return hosts.getOrDefault(name, List.of());
  }

  @Override
  public synchronized Answer resolve(Name name, int type) throws IOException {
    String key = key(name.toString(true), type);
    asked.add(key);
    if (unreachable) {
      throw new UnreachableException("no server answers");
    }
    IOException failure = failures.get(key);
    if (failure != null) {
      throw failure;
    }
    return answers.getOrDefault(key, Answer.empty(Answer.Kind.NO_NAME, 5));
  }

  @Override
  public void close() {
    // Nothing is open.
  }
}
