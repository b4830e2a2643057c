package io.upstream4j.distribution.admin;

import io.upstream4j.api.option.FileErrors;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The target of a webhook's requests. URL and headers may contain secrets, so they are read from a
 * file, and only scheme, host and port are ever printed.
 *
 * @param url an http or https URL
 * @param headers headers other than the body's type
 */
public record WebhookTarget(URI url, Map<String, String> headers) {
  private static final int MAX_LENGTH = 16_384;
  private static final int MAX_PORT = 65_535;
  private static final Set<String> OWN =
      Set.of("connection", "content-length", "content-type", "expect", "host", "upgrade");
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):\\s*(\\p{Print}+)");

  /** Copies the components. */
  public WebhookTarget {
    headers = Map.copyOf(headers);
  }

  /**
   * Reads a file with the URL in its first line, followed by headers as {@code name: value}.
   * Blocks.
   *
   * @throws IllegalArgumentException when the file is not valid; the message does not contain its
   *     content
   */
  public static WebhookTarget read(Path file) {
    List<String> lines;
    try {
      if (Files.size(file) > MAX_LENGTH) {
        throw wrong(file, 1, Files.size(file) + " bytes");
      }
      lines = Files.readString(file).strip().lines().map(String::strip).toList();
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(file + ": no such file", e);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": " + FileErrors.reason(e), e);
    }
    URI url = url(file, lines.isEmpty() ? "" : lines.get(0));
    Map<String, String> headers = new LinkedHashMap<>();
    for (int i = 1; i < lines.size(); i++) {
      Matcher header = HEADER.matcher(lines.get(i));
      if (!header.matches()) {
        throw wrong(file, i + 1, "no header");
      }
      if (OWN.contains(header.group(1).toLowerCase(Locale.ROOT))) {
        throw wrong(file, i + 1, "header " + header.group(1) + ", which each request has anyhow");
      }
      if (headers.put(header.group(1), header.group(2)) != null) {
        throw wrong(file, i + 1, "header " + header.group(1) + " a second time");
      }
    }
    return new WebhookTarget(url, headers);
  }

  private static URI url(Path file, String text) {
    URI url;
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      throw wrong(file, 1, "no URL");
    }
    if (!("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()))
        || url.getHost() == null) {
      throw wrong(file, 1, "no URL of http or https");
    }
    if (url.getPort() == 0 || url.getPort() > MAX_PORT) {
      throw wrong(file, 1, "port " + url.getPort() + ", not one of 1 to " + MAX_PORT);
    }
    if (url.getRawUserInfo() != null) {
      throw wrong(file, 1, "a user, which is not sent: give a header Authorization instead");
    }
    return url;
  }

  private static IllegalArgumentException wrong(Path file, int line, String what) {
    return new IllegalArgumentException(
        file
            + ":"
            + line
            + ": "
            + what
            + " (expected: a URL such as https://example.com/hook, then lines with headers as name:"
            + " value)");
  }

  /** Returns scheme, host and port. */
  @Override
  public String toString() {
    return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
  }
}
