package io.upstream4j.discovery.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code resolv.conf} (resolv.conf(5)). Unknown lines and options are ignored, as in
 * the C library.
 *
 * @param servers in the order in which to ask them
 * @param search the domains to append to a name
 * @param ndots the number of dots from which a name is first tried as it is
 * @param timeout the time-out of one query to one server; null when the file does not set it
 * @param attempts how often each server is asked
 */
record ResolvConf(
    List<InetSocketAddress> servers,
    List<String> search,
    int ndots,
    @Nullable Duration timeout,
    int attempts) {
  private static final int MAX_NDOTS = 15;
  private static final int MAX_TIMEOUT_SECONDS = 30;
  private static final int MAX_ATTEMPTS = 5;

  /** The defaults. */
  static final ResolvConf EMPTY = new ResolvConf(List.of(), List.of(), 1, null, 2);

  ResolvConf {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
  }

  /** Parses the lines of a file. */
  static ResolvConf parse(List<String> lines) {
    List<InetSocketAddress> servers = new ArrayList<>();
    List<String> search = EMPTY.search;
    int ndots = EMPTY.ndots;
    Duration timeout = EMPTY.timeout;
    int attempts = EMPTY.attempts;
    for (String line : lines) {
      List<String> words = words(line);
      if (words.size() < 2) {
        continue;
      }
      List<String> values = words.subList(1, words.size());
      switch (words.get(0)) {
        case "nameserver" -> {
          InetSocketAddress server = NameServer.ofResolvConf(values.get(0));
          if (server != null) {
            servers.add(server);
          }
        }
        case "domain" -> search = values.subList(0, 1); // the last domain or search line wins
        case "search" -> search = values;
        case "options" -> {
          for (String option : values) {
            ndots = number(option, "ndots:", 0, MAX_NDOTS, ndots);
            attempts = number(option, "attempts:", 1, MAX_ATTEMPTS, attempts);
            int seconds = number(option, "timeout:", 1, MAX_TIMEOUT_SECONDS, 0);
            timeout = seconds == 0 ? timeout : Duration.ofSeconds(seconds);
          }
        }
        default -> {} // sortlist and the like are not supported
      }
    }
    return new ResolvConf(servers, search, ndots, timeout, attempts);
  }

  private static List<String> words(String line) {
    String text = line.strip();
    if (text.isEmpty() || text.charAt(0) == '#' || text.charAt(0) == ';') {
      return List.of();
    }
    return Arrays.asList(text.split("\\s+", -1));
  }

  /** Like the C library, caps a greater number and reads text as 0. */
  private static int number(String option, String name, int least, int greatest, int otherwise) {
    if (!option.startsWith(name)) {
      return otherwise;
    }
    String digits = option.substring(name.length());
    if (digits.isEmpty() || digits.length() > 9 || !digits.chars().allMatch(Character::isDigit)) {
      return otherwise;
    }
    return Math.min(greatest, Math.max(least, Integer.parseInt(digits)));
  }
}
