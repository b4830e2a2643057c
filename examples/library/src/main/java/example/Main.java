package example;

import io.upstream4j.core.Upstreams;
import io.upstream4j.core.peer.HttpPeer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;

public final class Main {
  public static void main(String[] args) throws Exception {
    try (Upstreams upstreams = Upstreams.load(Path.of(args[0]))) {
      HttpClient client = HttpClient.newHttpClient();
      for (int i = 0; i < 6; i++) {
        HttpPeer peer = upstreams.get("api").newHttpPeer();
        HttpRequest request = HttpRequest.newBuilder(URI.create(peer + "/")).build();
        System.out.println(peer + ": " + client.send(request, BodyHandlers.ofString()).body());
      }
    }
  }
}
