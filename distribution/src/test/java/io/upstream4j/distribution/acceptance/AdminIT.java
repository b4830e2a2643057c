package io.upstream4j.distribution.acceptance;

import static io.upstream4j.distribution.acceptance.Waiting.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the linked image under load while an operator changes it with curl. */
class AdminIT {
  private static final String ECHO_PORT = "location / { return 200 $server_port; }";
  private static final int CLIENTS = 4;
  private static final int WARMING_RELOADS = 20;
  private static final int RELOADS = 200;
  private static final List<String> ALGORITHMS =
      List.of("round_robin", "least_request", "peak_ewma", "random", "hash:url");
  private static final List<String> CHECKS =
      List.of(
          "none",
          "tcp://api?check_frequency=200ms&connection_timeout=10s",
          "http://api/?check_frequency=300ms&connection_timeout=10s&read_timeout=10s",
          "http://api/health?check_frequency=1s&failure=3");

  @TempDir Path folder;

  @BeforeAll
  static void serversAndClientsAreThere() {
    Nginx.assumeInstalled();
    Command.assumeInstalled("curl");
  }

  @Test
  void aBackendIsDrainedDisabledAndWeighedUnderLoadAndNoRequestFails() throws Exception {
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Image image =
            Image.serve(
                folder,
                "upstreams: { api: { addrs: [\"%s\", \"%s\"], health_check: none } }\n"
                    .formatted(one.address(), two.address()),
                "");
        Load load = Load.start(image.gateway(), CLIENTS)) {
      until(() -> load.answers(one.port()) > 200 && load.answers(two.port()) > 200);

      for (String action : List.of("drain", "disable")) {
        assertThat(post(image, one, action)).contains("\"state\" : \"" + action);
        until(() -> state(image, one).get("in_flight").asInt() == 0);
        awaitMore(load, two, 200);
        long requests = state(image, one).get("requests").asLong();
        awaitMore(load, two, 1_000);
        assertThat(state(image, one).get("requests").asLong())
            .as("requests after " + action)
            .isEqualTo(requests);

        long before = load.answers(one.port());
        assertThat(post(image, one, "enable")).contains("\"state\" : \"enabled\"");
        until(() -> load.answers(one.port()) > before + 200);
      }

      String weighed =
          curl(
              "-X",
              "POST",
              "-H",
              "Content-Type: application/json",
              "-d",
              "{\"weight\": 9}",
              backend(image, one) + "weight");
      assertThat(weighed).contains("\"weight\" : 9");
      long first = load.answers(one.port());
      long second = load.answers(two.port());
      until(() -> load.answers(one.port()) > first + 5_000);
      double part =
          (double) (load.answers(one.port()) - first)
              / (load.answers(one.port()) - first + load.answers(two.port()) - second);
      assertThat(part).isBetween(0.85, 0.95);

      load.stop();
      assertThat(load.failures()).isEmpty();
    }
  }

  private static void awaitMore(Load load, Nginx server, int answers) {
    long before = load.answers(server.port());
    until(() -> load.answers(server.port()) > before + answers);
  }

  private static JsonNode state(Image image, Nginx server) {
    try {
      JsonNode api = new ObjectMapper().readTree(curl(image.admin() + "/upstreams/api"));
      for (JsonNode backend : api.get("backends")) {
        if (backend.get("address").asText().equals(server.address())) {
          return backend;
        }
      }
      throw new AssertionError("no " + server.address() + " in " + api);
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void reloadsUnderLoadWhileBackendsDrainAndReturnFailNoRequestAndLeaveNothingBehind()
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("reloads under load: seed " + seed);
    Random random = new Random(seed);
    try (Nginx one = Nginx.start(folder.resolve("one"), ECHO_PORT);
        Nginx two = Nginx.start(folder.resolve("two"), ECHO_PORT);
        Nginx three = Nginx.start(folder.resolve("three"), ECHO_PORT);
        Nginx four = Nginx.start(folder.resolve("four"), ECHO_PORT);
        Image image = Image.serve(folder, steady(one, two, three, four), "-Xmx96m");
        Load load = Load.start(image.gateway(), CLIENTS)) {
      AtomicBoolean done = new AtomicBoolean();
      CompletableFuture<Integer> drains =
          CompletableFuture.supplyAsync(() -> drainInTurn(image, done, one, two));
      try {
        for (int i = 0; i < WARMING_RELOADS; i++) {
          reload(image, any(random, one, two, three, four));
        }
        reload(image, steady(one, two, three, four));
        int threads = count(image, "task");
        int descriptors = count(image, "fd");
        long answers = answers(load, one, two, three, four);
        long start = System.nanoTime();
        for (int i = 0; i < RELOADS; i++) {
          reload(image, any(random, one, two, three, four));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        long more = answers(load, one, two, three, four) - answers;
        reload(image, steady(one, two, three, four));
        done.set(true);
        int drained = drains.get(60, TimeUnit.SECONDS);
        // Connections to removed backends have the grace period. Some threads of the JVM's
        // compilers and connections to the four backends come and go. A leak would grow with each
        // reload.
        until(
            () ->
                count(image, "task") <= threads + RELOADS / 10
                    && count(image, "fd") <= descriptors + 4 * CLIENTS + RELOADS / 10);
        load.stop();
        System.out.printf(
            "%d reloads in %.1f s beside %d drains and %d requests: threads %d before, %d after;"
                + " descriptors %d before, %d after; %d requests failed%n",
            RELOADS,
            seconds,
            drained,
            more,
            threads,
            count(image, "task"),
            descriptors,
            count(image, "fd"),
            load.failures().size());
        assertThat(load.failures()).isEmpty();
        assertThat(drained).isPositive();
        assertThat(more).isGreaterThan(RELOADS);
      } finally {
        done.set(true);
      }
    }
  }

  /** Drains one of two backends at a time; the others are never drained. */
  private int drainInTurn(Image image, AtomicBoolean done, Nginx... turns) {
    int drained = 0;
    try {
      for (int i = 0; !done.get(); i++) {
        Nginx server = turns[i % turns.length];
        String answer = post(image, server, i % 3 == 0 ? "disable" : "drain");
        drained += answer.contains("\"state\"") ? 1 : 0; // a reload may have removed it
        post(image, server, "enable");
      }
      return drained;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String steady(Nginx... servers) {
    List<String> addresses = Stream.of(servers).map(Nginx::address).toList();
    return upstream(addresses, "round_robin", "none");
  }

  /** Returns two to four of the servers, including one of the last two. */
  private static String any(Random random, Nginx... servers) {
    List<Nginx> chosen = new ArrayList<>(Arrays.asList(servers));
    chosen.remove(2 + random.nextInt(2));
    if (random.nextBoolean()) {
      chosen.remove(random.nextInt(2));
    }
    List<String> addresses =
        chosen.stream().map(server -> server.address() + " " + (1 + random.nextInt(5))).toList();
    return upstream(
        addresses,
        ALGORITHMS.get(random.nextInt(ALGORITHMS.size())),
        CHECKS.get(random.nextInt(CHECKS.size())));
  }

  private static String upstream(List<String> addresses, String algorithm, String check) {
    return """
        upstreams:
          api:
            addrs: ["%s"]
            algo: "%s"
            health_check: "%s"
            grace: 2s
        """
        .formatted(String.join("\", \"", addresses), algorithm, check);
  }

  /** Replaces the file like an editor, and waits until it is applied. */
  private void reload(Image image, String yaml) throws IOException, InterruptedException {
    int applied = applied(image);
    Path next = Files.writeString(folder.resolve("next.yaml"), yaml);
    Files.move(
        next,
        folder.resolve("upstreams.yaml"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
    image.signal("HUP");
    until(
        () -> {
          try {
            return applied(image) > applied;
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static int applied(Image image) throws IOException {
    return image.output().split("configuration applied", -1).length;
  }

  private static int count(Image image, String what) {
    try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(image.pid()), what))) {
      return (int) all.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long answers(Load load, Nginx... servers) {
    return Stream.of(servers).mapToLong(server -> load.answers(server.port())).sum();
  }

  private static String backend(Image image, Nginx server) {
    return image.admin() + "/upstreams/api/backends/" + server.address() + "/";
  }

  private static String post(Image image, Nginx server, String action)
      throws IOException, InterruptedException {
    return curl("-X", "POST", backend(image, server) + action);
  }

  private static String curl(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("curl", "-s", "-S"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed;
    try (InputStream output = process.getInputStream()) {
      printed = new String(output.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(String.join(" ", command)).isTrue();
    return printed;
  }
}
