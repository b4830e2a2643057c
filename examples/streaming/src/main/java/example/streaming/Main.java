package example.streaming;

import io.upstream4j.core.Upstreams;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Uploads as many bytes as its second argument says, and digests the response. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    try (Upstreams upstreams = Upstreams.load(Path.of(args[0]))) {
      Upload upload = new Upload(upstreams, "api", Long.parseLong(args[1]));
      System.out.println(upload.start().get(60, TimeUnit.SECONDS));
    }
  }
}
