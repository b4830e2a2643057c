package example.runtime;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.peer.HttpPeer;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Sends a request to each backend in turn. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    try (Upstreams upstreams = Upstreams.load(Path.of(args[0]))) {
      for (int i = 0; i < 6; i++) {
        HttpPeer peer = upstreams.get("api").newHttpPeer();
        // java.base has an HTTP client that will do here, and costs no further module.
        try (InputStream body = URI.create(peer + "/").toURL().openStream()) {
          String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
          System.out.println(peer + ": " + text.strip());
        }
      }
    }
  }
}
