package io.upstream4j.discovery.dns;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/**
 * Queries servers in turn until one answers, and follows aliases. Blocks.
 *
 * <p>A server that refuses, fails or refers to others is skipped at once. A server that does not
 * answer is asked again after all others, up to {@code attempts} times.
 *
 * @param wire sends the queries
 * @param servers at least one
 * @param timeout the time-out of one query to one server
 * @param attempts at least 1
 * @param favourite the server to ask first
 */
record ServerQueries(
    Wire wire,
    List<InetSocketAddress> servers,
    Duration timeout,
    int attempts,
    Favourite favourite) {
  private static final int MAX_ALIASES = 16;

  /** How long an empty answer without a SOA record is valid. */
  private static final long EMPTY_TTL_SECONDS = 5;

  /** A response that is not an answer. */
  private static final class Unusable extends IOException {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  /** Implements {@link Names#resolve}. */
  Answer resolve(Name name, int type) throws IOException {
    Set<Name> aliases = new LinkedHashSet<>();
    aliases.add(name);
    Name current = name;
    long ttl = Long.MAX_VALUE;
    while (true) {
      Message message = ask(current, type);
      List<Record> section = message.getSection(Section.ANSWER);
      CNAMERecord alias = alias(section, current, type);
      boolean moved = alias != null;
      while (alias != null) {
        ttl = Math.min(ttl, alias.getTTL());
        current = alias.getTarget();
        follow(aliases, current);
        alias = alias(section, current, type);
      }
      List<Record> found = matching(section, current, type);
      if (!found.isEmpty()) {
        ttl = Math.min(ttl, shortest(found));
        return Answer.found(found, message.getSection(Section.ADDITIONAL), ttl);
      }
      Long negative = negativeTtl(message);
      if (!moved || negative != null || message.getRcode() == Rcode.NXDOMAIN) {
        Answer.Kind kind =
            message.getRcode() == Rcode.NXDOMAIN ? Answer.Kind.NO_NAME : Answer.Kind.NO_DATA;
        return Answer.empty(kind, Math.min(ttl, negative == null ? EMPTY_TTL_SECONDS : negative));
      }
      // The alias leads to a name that this server does not know, so query for that name.
    }
  }

  private static void follow(Set<Name> aliases, Name next) throws IOException {
    if (!aliases.add(next)) {
      throw new IOException("aliases run in a circle: " + chain(aliases) + " -> " + next);
    }
    if (aliases.size() > MAX_ALIASES + 1) {
      throw new IOException("more than " + MAX_ALIASES + " aliases: " + chain(aliases));
    }
  }

  private static String chain(Set<Name> aliases) {
    return aliases.stream().map(Name::toString).collect(Collectors.joining(" -> "));
  }

  private static @Nullable CNAMERecord alias(List<Record> section, Name name, int type) {
    if (!matching(section, name, type).isEmpty()) {
      return null;
    }
    List<Record> aliases = matching(section, name, Type.CNAME);
    return aliases.isEmpty() ? null : (CNAMERecord) aliases.get(0);
  }

  private static List<Record> matching(List<Record> section, Name name, int type) {
    List<Record> matching = new ArrayList<>();
    for (Record record : section) {
      if (record.getType() == type && record.getName().equals(name)) {
        matching.add(record);
      }
    }
    return matching;
  }

  private static long shortest(List<Record> records) {
    return records.stream().mapToLong(Record::getTTL).min().orElseThrow();
  }

  /** Returns the lesser of the SOA record's time to live and its minimum (RFC 2308, section 5). */
  private static @Nullable Long negativeTtl(Message message) {
    for (Record record : message.getSection(Section.AUTHORITY)) {
      if (record instanceof SOARecord soa) {
        return Math.min(soa.getTTL(), soa.getMinimum());
      }
    }
    return null;
  }

  private Message ask(Name name, int type) throws IOException {
    Map<InetSocketAddress, String> failures = new LinkedHashMap<>();
    List<InetSocketAddress> left = new ArrayList<>(favourite.first(servers));
    boolean heard = false;
    for (int attempt = 0; attempt < attempts && !left.isEmpty(); attempt++) {
      for (InetSocketAddress server : List.copyOf(left)) {
        try {
          Message answer = ask(server, name, type);
          favourite.answered(server);
          return answer;
        } catch (SocketTimeoutException e) {
          failures.put(server, "no answer within " + timeout.toMillis() + " ms");
        } catch (PortUnreachableException e) {
          failures.put(server, "nothing listens there");
        } catch (Unusable e) {
          heard = true;
          left.remove(server);
          failures.put(server, e.getMessage());
        } catch (IOException e) {
          failures.put(server, String.valueOf(e.getMessage()));
        }
      }
    }
    String message =
        "cannot look up "
            + Type.string(type)
            + " of "
            + name.toString(true)
            + ": "
            + failures.entrySet().stream()
                .map(entry -> NameServer.print(entry.getKey()) + ": " + entry.getValue())
                .collect(Collectors.joining("; "));
    throw heard ? new IOException(message) : new UnreachableException(message);
  }

  private Message ask(InetSocketAddress server, Name name, int type) throws IOException {
    Message answer = wire.ask(server, name, type, timeout, true);
    int code = answer.getRcode();
    if ((code == Rcode.FORMERR || code == Rcode.NOTIMP) && answer.getOPT() == null) {
      answer = wire.ask(server, name, type, timeout, false); // it does not support EDNS
      code = answer.getRcode();
    }
    if (code != Rcode.NOERROR && code != Rcode.NXDOMAIN) {
      throw new Unusable("answered " + Rcode.string(code));
    }
    if (isLame(answer)) {
      throw new Unusable("does not know the name, and refers to other servers");
    }
    return answer;
  }

  /**
   * Returns whether the message is a referral: neither an answer nor an authoritative denial, from
   * a server without recursion.
   */
  private static boolean isLame(Message answer) {
    return answer.getRcode() == Rcode.NOERROR
        && answer.getSection(Section.ANSWER).isEmpty()
        && negativeTtl(answer) == null
        && !answer.getHeader().getFlag(Flags.AA)
        && (!answer.getHeader().getFlag(Flags.RA)
            || answer.getSection(Section.AUTHORITY).stream().anyMatch(r -> r.getType() == Type.NS));
  }
}
