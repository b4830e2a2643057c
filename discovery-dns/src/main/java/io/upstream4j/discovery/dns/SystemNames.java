package io.upstream4j.discovery.dns;

import io.upstream4j.api.spi.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/**
 * The name resolution of this machine. Its two small files are read for every look-up, so no change
 * is missed and nothing needs to be watched. Thread-safe.
 */
final class SystemNames implements Names.Source {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final NameSettings settings;
  private final Wire wire = new Wire();
  private final Favourite favourite = new Favourite();

  SystemNames(NameSettings settings) {
    this.settings = settings;
  }

  @Override
  public Names now() throws IOException {
    ResolvConf conf = ResolvConf.parse(lines(settings.resolvConf()));
    Hosts hosts = Hosts.parse(lines(settings.hosts()));
    ServerQueries queries =
        new ServerQueries(wire, servers(conf), timeout(conf), conf.attempts(), favourite);
    return new Names() {
      @Override
      public List<Name> candidates(String name) throws IOException {
        return SystemNames.this.candidates(name, conf);
      }

      @Override
      public List<IpAddress> hosts(String name) {
        return hosts.of(name);
      }

      @Override
      public Answer resolve(Name name, int type) throws IOException {
        return queries.resolve(name, type);
      }
    };
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      // Each byte is a character, so comments in another encoding are not errors.
      return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return List.of(); // like an empty file, as in the C library
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + e, e);
    }
  }

  private List<InetSocketAddress> servers(ResolvConf conf) {
    if (!settings.servers().isEmpty()) {
      return settings.servers();
    }
    // resolv.conf(5): without a server, the local one is used.
    return conf.servers().isEmpty()
        ? List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 53))
        : conf.servers();
  }

  private Duration timeout(ResolvConf conf) {
    if (settings.timeout() != null) {
      return settings.timeout();
    }
    return conf.timeout() != null ? conf.timeout() : TIMEOUT;
  }

  private List<Name> candidates(String name, ResolvConf conf) throws IOException {
    if (name.endsWith(".")) {
      return List.of(absolute(name));
    }
    Set<Name> names = new LinkedHashSet<>();
    boolean asIsFirst = name.chars().filter(c -> c == '.').count() >= conf.ndots();
    if (asIsFirst) {
      names.add(absolute(name));
    }
    for (String domain : domains(conf)) {
      names.add(absolute(domain.equals(".") ? name : name + "." + domain));
    }
    if (!asIsFirst) {
      names.add(absolute(name));
    }
    return List.copyOf(names);
  }

  private List<String> domains(ResolvConf conf) {
    List<String> domains = new ArrayList<>();
    if (settings.domain() != null) {
      domains.add(settings.domain());
    }
    domains.addAll(conf.search());
    domains.addAll(settings.search());
    return domains;
  }

  private static Name absolute(String name) throws IOException {
    try {
      return Name.fromString(name, Name.root);
    } catch (TextParseException e) {
      throw new IOException("\"" + name + "\" is no name of the DNS: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    wire.close();
  }
}
