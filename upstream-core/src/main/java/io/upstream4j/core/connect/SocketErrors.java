package io.upstream4j.core.connect;

import io.netty.channel.ConnectTimeoutException;
import java.io.FileNotFoundException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import java.util.Map;

/** Says in words why a socket failed, without the names of classes, calls and error numbers. */
final class SocketErrors {
  /** What Netty's transports, the JDK and the system say, in lower case, to what a reader needs. */
  private static final Map<String, String> WORDS =
      Map.ofEntries(
          Map.entry("connection refused", "connection refused"),
          Map.entry("connection reset", "connection reset by the peer"),
          Map.entry("broken pipe", "connection closed by the peer"),
          Map.entry("connection timed out", "connection timed out"),
          Map.entry("no route to host", "no route to host"),
          Map.entry("host is unreachable", "host unreachable"),
          Map.entry("host unreachable", "host unreachable"),
          Map.entry("network is unreachable", "network unreachable"),
          Map.entry("network unreachable", "network unreachable"),
          Map.entry("protocol not supported", "address family not supported on this machine"),
          Map.entry("address family not supported", "address family not supported on this machine"),
          Map.entry("cannot assign requested address", "no such address on this machine"),
          Map.entry("permission denied", "permission denied"),
          Map.entry("operation not permitted", "not permitted, perhaps by a firewall"),
          Map.entry("no such file or directory", "no such socket"),
          Map.entry("software caused connection abort", "connection aborted"));

  private SocketErrors() {}

  /** The reason; without one, that the connection was closed. */
  static String reason(Throwable failure) {
    if (OpenFiles.ranOut(failure)) {
      return OpenFiles.ranOutText();
    }
    String said = null;
    for (Throwable each = failure; each != null; each = each.getCause()) {
      String message = each.getMessage();
      if (each instanceof FileNotFoundException && message == null) {
        return "no such socket";
      }
      if (message == null || each instanceof ConnectTimeoutException) {
        continue;
      }
      String lower = message.toLowerCase(Locale.ROOT);
      for (Map.Entry<String, String> known : WORDS.entrySet()) {
        if (lower.contains(known.getKey())) {
          return known.getValue();
        }
      }
      said = said == null ? message : said;
    }
    if (said != null) {
      return plain(said);
    }
    return failure instanceof ClosedChannelException
        ? "connection closed"
        : "connection failed: " + failure.getClass().getSimpleName();
  }

  /** Without the call in front and the error's number: {@code f(..) failed with error(-1): x}. */
  private static String plain(String message) {
    int number = message.indexOf(" failed with error(");
    int end = number < 0 ? -1 : message.indexOf("): ", number);
    return end < 0 ? message : message.substring(end + "): ".length());
  }
}
