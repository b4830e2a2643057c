package io.upstream4j.benchmarks;

import io.upstream4j.api.spi.RequestView;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Requests with different keys. */
final class Requests {
  /** The number of requests; a power of two. */
  static final int COUNT = 4_096;

  private Requests() {}

  /** Returns keys of 16 characters, such as {@code /user/0000001234}. */
  static String[] keys() {
    return IntStream.range(0, COUNT)
        .mapToObj(i -> String.format("/user/%010d", i * 7919))
        .toArray(String[]::new);
  }

  /** Returns requests whose paths are the {@link #keys}, without headers. */
  static RequestView[] byPath() {
    return Arrays.stream(keys()).map(key -> new View(key, null)).toArray(RequestView[]::new);
  }

  /**
   * Returns requests whose paths have two characters, so that hashing them costs almost nothing.
   */
  static RequestView[] byShortPath() {
    return IntStream.range(0, COUNT)
        .mapToObj(i -> new char[] {(char) (' ' + i / 64), (char) (' ' + i % 64)})
        .map(path -> new View(new String(path), null))
        .toArray(RequestView[]::new);
  }

  /** Returns requests whose only header is a key. */
  static RequestView[] byHeader() {
    return Arrays.stream(keys()).map(key -> new View("/", key)).toArray(RequestView[]::new);
  }

  /** Returns requests with a key as the second of three cookies. */
  static RequestView[] byCookie() {
    return Arrays.stream(keys())
        .map(key -> new View("/", "theme=dark; sid=" + key + "; lang=en"))
        .toArray(RequestView[]::new);
  }

  /**
   * A request that returns the same header for every name, because looking up headers is not
   * measured.
   */
  private record View(String path, @Nullable String header) implements RequestView {
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
      return header;
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
