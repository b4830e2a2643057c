package io.upstream4j.benchmarks;

import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Requests that differ in their keys: the same 16 characters as path, as header and as cookie, and
 * two others as the header {@code short}, whose hash costs next to nothing.
 */
final class Requests {
  /** How many there are; a power of two. */
  static final int COUNT = 4_096;

  private Requests() {}

  /** The keys, such as {@code /user/0000001234}. */
  static String[] keys() {
    return IntStream.range(0, COUNT)
        .mapToObj(i -> String.format("/user/%010d", i * 7919))
        .toArray(String[]::new);
  }

  static RequestView[] views() {
    String[] keys = keys();
    return IntStream.range(0, COUNT)
        .mapToObj(
            i ->
                new View(
                    keys[i],
                    "theme=dark; sid=" + keys[i] + "; lang=en",
                    String.valueOf(new char[] {(char) (' ' + i / 64), (char) (' ' + i % 64)})))
        .toArray(RequestView[]::new);
  }

  private record View(String path, String cookies, String brief) implements RequestView {
    @Override
    public String method() {
      return "GET";
    }

    @Override
    public @Nullable String host() {
      return null;
    }

    @Override
    public String query() {
      return "";
    }

    @Override
    public @Nullable String header(String name) {
      return switch (name) {
        case "cookie" -> cookies;
        case "short" -> brief;
        default -> path;
      };
    }

    @Override
    public @Nullable String cookie(String name) {
      throw new UnsupportedOperationException("the key is read out of the header, in place");
    }

    @Override
    public @Nullable InetSocketAddress client() {
      return null;
    }
  }
}
