package example.runtime;

import io.upstream4j.core.Upstream;
import io.upstream4j.core.Upstreams;
import io.upstream4j.core.http.UpstreamRequest;
import io.upstream4j.core.http.UpstreamResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Sends a request to each backend in turn. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    try (Upstreams upstreams = Upstreams.load(Path.of(args[0]))) {
      Upstream api = upstreams.get("api");
      UpstreamRequest request = UpstreamRequest.get("/").withHeader("accept", "text/html");
      for (int i = 0; i < 6; i++) {
        UpstreamResponse response = api.send(request).orTimeout(5, TimeUnit.SECONDS).get();
        System.out.println(response.backend().endpoint() + ": " + response.body().strip());
      }
    }
  }
}
