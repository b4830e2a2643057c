package io.upstream4j.distribution.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.distribution.acceptance.BadPlugins.Bad;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests plug-ins that throw anything, return null or do not return, in each of their calls: at the
 * start, on a reload and through the admin API. The gateway continues to serve, whatever uses such
 * a plug-in is refused, and each plug-in is named once.
 */
@Tag("thorough")
@Timeout(300)
class BadPluginsIT {
  @TempDir Path folder;
  private Path plugins;
  private final List<Bad> all = BadPlugins.all();
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void makeJars() throws IOException {
    plugins = Files.createDirectory(folder.resolve("plugins"));
    BadPlugins.write(all, plugins, Files.createDirectory(folder.resolve("work")));
  }

  @Test
  void theGatewayServesWhateverPluginsDoAndWhenever() throws Exception {
    Nginx.assumeInstalled();
    try (Nginx backend = Nginx.start(folder.resolve("nginx"), "location / { return 200 here; }");
        Image image = Image.serve(folder, yaml(backend, ""), "", "--plugins", plugins.toString())) {
      for (Bad bad : all) {
        if (bad.call().isOfLoading()) {
          isNamedOnce(bad, image.output());
        }
      }
      serves(image);
      for (Bad bad : all) {
        reload(bad, backend, image);
        put(bad, backend, image);
      }
      long before = System.nanoTime();
      image.signal("TERM");
      assertThat(image.awaitExit()).isZero();
      System.out.printf(
          "%d bad plug-ins; TERM took %d ms%n",
          all.size(), (System.nanoTime() - before) / 1_000_000);
    }
  }

  private void reload(Bad bad, Nginx backend, Image image) throws Exception {
    int from = image.output().length();
    String name =
        "u" + all.indexOf(bad); // unique, as a reused name may still be known to be unhealthy
    Files.writeString(
        folder.resolve("upstreams.yaml"),
        yaml(backend, "  " + name + ": " + bad.upstream(backend.address())));
    image.signal("HUP");
    await(image, from, refuses(bad) ? bad.name() : "configuration applied");
    serves(image);
    await(image, from, bad.name());
    isTold(bad, image.output().substring(from));

    int then = image.output().length();
    Files.writeString(folder.resolve("upstreams.yaml"), yaml(backend, ""));
    image.signal("HUP");
    await(image, then, "configuration applied|no change|nothing");
    serves(image);
  }

  private void put(Bad bad, Nginx backend, Image image) throws Exception {
    String put = "/upstreams/put" + all.indexOf(bad);
    int from = image.output().length();
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(image.admin().resolve(put))
                .header("Content-Type", "application/yaml")
                .PUT(HttpRequest.BodyPublishers.ofString(bad.upstream(backend.address())))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode())
        .as(bad + ": " + answer.body())
        .isEqualTo(refuses(bad) ? 422 : 201);
    if (refuses(bad)) {
      isTold(bad, answer.body());
    } else {
      await(image, from, bad.name());
      isTold(bad, image.output().substring(from));
    }
    serves(image);
    if (!refuses(bad)) {
      HttpRequest delete = HttpRequest.newBuilder(image.admin().resolve(put)).DELETE().build();
      assertThat(client.send(delete, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isIn(200, 404); // a reload may have undone it
    }
  }

  private static boolean refuses(Bad bad) {
    return bad.call().refuses();
  }

  private static void isNamedOnce(Bad bad, String output) {
    assertThat(output.lines().filter(line -> line.contains("/" + bad.jar())).toList())
        .as("what is said of " + bad)
        .singleElement()
        .asString()
        .contains(bad.told())
        .contains(bad.name() + ".BadPlugin");
  }

  /** Returns the output about a plug-in in use, found by its name and its jar. */
  private static void isTold(Bad bad, String output) {
    String text = output.replace("\\\"", "\"");
    assertThat(text).as("what is said of " + bad).contains(bad.jar()).contains(bad.told());
    if (!bad.call().isOfLoading()) {
      assertThat(text).contains("plug-in \"" + bad.name() + "\" (" + bad.jar() + ")");
    }
  }

  private static void await(Image image, int from, String pattern) throws Exception {
    Pattern wanted = Pattern.compile(pattern);
    try {
      Waiting.until(
          () -> {
            try {
              return wanted.matcher(image.output().substring(from)).find();
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
    } catch (AssertionError e) {
      throw new AssertionError(pattern + " is not in: " + image.output().substring(from), e);
    }
  }

  private static String yaml(Nginx backend, String more) {
    return """
        upstreams:
          api: { addrs: ["%s"], health_check: none }
        %s
        routes: [{ upstream: api }]
        """
        .formatted(backend.address(), more);
  }

  private static void serves(Image image) throws IOException {
    URI address = image.gateway().resolve("/");
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    try (var body = connection.getInputStream()) {
      assertThat(new String(body.readAllBytes(), UTF_8)).isEqualTo("here");
    }
  }
}
