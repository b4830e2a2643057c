package io.upstream4j.distribution.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.testjar.PluginJar;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests broken jars in the folder of the image, beside a good one. */
@Timeout(120)
class BadJarsIT {
  /** A load balancer whose picks fail for some paths. */
  private static final String MOODY =
      """
      package good;
      import io.upstream4j.api.option.*;
      import io.upstream4j.api.spi.*;
      public class Moody implements LoadBalancerProvider {
        public String type() { return "moody"; }
        public LoadBalancer create(Options options, PluginContext context) {
          return snapshot -> (request, candidates) -> {
            if (request.path().equals("/boom")) {
              throw new IllegalStateException("in a bad mood");
            }
            return snapshot.pick(0);
          };
        }
      }
      """;

  @TempDir Path folder;
  private Path plugins;

  /** The broken jars, each with a part of its message other than the path. */
  private final Map<String, List<String>> bad = new TreeMap<>();

  @BeforeEach
  void makeJars() throws IOException {
    plugins = Files.createDirectory(folder.resolve("plugins"));
    Path good =
        new PluginJar()
            .source("good.Moody", MOODY)
            .module("test.good", "", "good.Moody")
            .services("good.Moody")
            .write(plugins.resolve("good.jar"));

    Files.writeString(bad("no-zip", "cannot be read"), "this is no zip");
    byte[] whole = Files.readAllBytes(good);
    Files.write(bad("cut-off", "cannot be read"), Arrays.copyOf(whole, whole.length / 2));
    new PluginJar()
        .source("lib.Lib", "package lib; public class Lib { }")
        .write(bad("no-plugin", "no plug-in in it"));
    named("newer-java", "newer.Newer", "newer", "class file version 255.0")
        .write(plugins.resolve("newer-java.jar"), 255);
    Path library =
        new PluginJar()
            .source("lib.Lib", "package lib; public class Lib { }")
            .module("test.lib", "exports lib;")
            .write(folder.resolve("lib.jar"));
    new PluginJar()
        .with(library)
        .provider("needs.Needs", "\"needs\"", "lib.Lib lib = new lib.Lib();")
        .services("needs.Needs")
        .write(bad("needs-class", "needs.Needs", "lib/Lib"));
    new PluginJar()
        .with(library)
        .provider("wants.Wants", "\"wants\"")
        .module("test.wants", "requires test.lib;", "wants.Wants")
        .write(bad("needs-module", "test.lib not found, required by test.wants"));
    new PluginJar()
        .provider("desk.Desk", "\"desk\"")
        .module("test.desk", "requires java.desktop;", "desk.Desk")
        .write(bad("needs-jdk-module", "java.desktop not found, required by test.desk"));
    new PluginJar()
        .provider("thrower.Thrower", "\"thrower\"", "public Thrower() { throw new Error(\"no\"); }")
        .services("thrower.Thrower")
        .write(bad("throws", "thrower.Thrower", "java.lang.Error: no"));
    new PluginJar()
        .provider("stat.Stat", "\"stat\"", "static final int X = 1 / Integer.parseInt(\"0\");")
        .services("stat.Stat")
        .write(bad("static", "stat.Stat", "/ by zero"));
    new PluginJar()
        .source("lib.Lib", "package lib; public class Lib { }")
        .services("lib.Gone")
        .write(bad("gone", "lib.Gone", "not found"));
    new PluginJar()
        .source("lib.Lib", "package lib; public class Lib { }")
        .services("lib.Lib")
        .write(bad("other", "lib.Lib", "not a subtype"));
    new PluginJar()
        .provider("shout.Shout", "\"Shout\"")
        .services("shout.Shout")
        .write(bad("type", "shout.Shout", "type \"Shout\" (expected: lower-case letters"));
    named("options", "opt.Opt", "opt", "in options()", "unlucky")
        .provider(
            "opt.Opt",
            "\"opt\"",
            "public java.util.List<io.upstream4j.api.option.Option<?>> options()"
                + " { throw new IllegalStateException(\"unlucky\"); }")
        .write(plugins.resolve("options.jar"));
    named("claim", "claim.Claim", "round_robin", "not used", "is built in")
        .write(plugins.resolve("claim.jar"));
    Path newerApi =
        new PluginJar()
            .source(
                "io.upstream4j.api.spi.Forecast",
                "package io.upstream4j.api.spi; public interface Forecast { }")
            .write(folder.resolve("newer-api.jar"));
    new PluginJar()
        .with(newerApi)
        .provider(
            "ahead.Ahead",
            "\"ahead\"",
            "io.upstream4j.api.spi.Forecast f = new io.upstream4j.api.spi.Forecast() { };")
        .services("ahead.Ahead")
        .write(bad("newer-api", "ahead.Ahead", "api/spi/Forecast", "built for another version"));
  }

  private PluginJar named(String name, String className, String type, String... said) {
    bad(name, said);
    bad.computeIfPresent(name, (key, texts) -> concat(className, texts));
    return new PluginJar().provider(className, "\"" + type + "\"").services(className);
  }

  private static List<String> concat(String first, List<String> others) {
    return Stream.concat(Stream.of(first), others.stream()).toList();
  }

  private Path bad(String name, String... said) {
    bad.put(name, List.of(said));
    return plugins.resolve(name + ".jar");
  }

  private void everyBadJarIsNamedIn(String output) {
    List<String> lines = output.lines().toList();
    bad.forEach(
        (name, said) ->
            assertThat(lines.stream().filter(line -> line.contains(name + ".jar")).toList())
                .as("what is said of %s", name)
                .singleElement()
                .asString()
                .contains(said));
  }

  @Test
  void theListNamesEachAndHasTheOthers() throws Exception {
    Image.Finished finished = Image.run(folder, "plugins", "--plugins", plugins.toString());

    everyBadJarIsNamedIn(finished.err());
    assertThat(finished.out()).contains("moody", "test.good", "least_request");
    assertThat(finished.status()).isEqualTo(1);
  }

  @Test
  void theGatewayStartsAndServesAndNamesEach() throws Exception {
    Nginx.assumeInstalled();
    try (Nginx backend = Nginx.start(folder.resolve("nginx"), "location / { return 200 here; }");
        Image image = Image.serve(folder, yaml(backend), "", "--plugins", plugins.toString())) {
      everyBadJarIsNamedIn(image.output());
      assertThat(get(image.gateway().resolve("/"))).isEqualTo("200 here");

      // An exception of a plug-in fails only one request, and is logged.
      assertThat(get(image.gateway().resolve("/boom"))).startsWith("503 ");
      image.await(Pattern.compile("plug-in \"moody\" \\(good.jar\\).*in a bad mood"));
      assertThat(get(image.gateway().resolve("/"))).isEqualTo("200 here");
    }
  }

  private static String yaml(Nginx backend) {
    return """
        upstreams:
          api: { addrs: ["%s"], algo: { moody: {} }, health_check: none }
        routes: [{ upstream: api }]
        """
        .formatted(backend.address());
  }

  private static String get(URI address) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    int status = connection.getResponseCode();
    try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return status + " " + new String(body.readAllBytes(), UTF_8);
    }
  }
}
