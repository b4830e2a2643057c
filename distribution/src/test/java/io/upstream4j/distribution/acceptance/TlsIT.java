package io.upstream4j.distribution.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the linked image with TLS and HTTP/2 on both sides: h2load and curl as clients, nginx as
 * the backend. Runs with the JDK's TLS, and with BoringSSL as a user adds it.
 */
@Tag("thorough")
@ParameterizedClass
@ValueSource(strings = {"SunJSSE", "BoringSSL"})
class TlsIT {
  private static final Path BORINGSSL = Path.of("target/boringssl").toAbsolutePath();

  @Parameter String provider;

  @TempDir Path folder;
  private Nginx nginx;

  @AfterEach
  void stop() {
    if (nginx != null) {
      nginx.close();
    }
  }

  @BeforeEach
  void issue() throws Exception {
    Nginx.assumeInstalled();
    for (String name : List.of("server", "client", "next")) {
      Command.selfSigned(folder, name);
    }
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /** Starts a server with HTTP/2 over TLS that requires the client's certificate. */
  private Nginx nginx(int port, int keepaliveRequests) throws IOException, InterruptedException {
    return Nginx.start(
        Files.createDirectories(folder.resolve("nginx")),
        """
        server {
          listen 127.0.0.1:%d ssl http2 backlog=4096;
          ssl_certificate %s; ssl_certificate_key %s;
          ssl_client_certificate %s; ssl_verify_client on; keepalive_requests %d;
          location / { return 200 '$ssl_client_s_dn $server_protocol'; }
        }
        """
            .formatted(
                port,
                file("server.pem"),
                file("server.key"),
                file("client.pem"),
                keepaliveRequests),
        "");
  }

  private Image serve(int port) throws IOException, InterruptedException {
    return Image.serveTls(
        folder,
        """
        upstreams:
          api:
            addrs: ["127.0.0.1:%d"]
            health_check: none
            sni: localhost
            alpn: H2
            tls: { ca: server.pem, cert: client.pem, key: client.key }
        """
            .formatted(port),
        javaOptions(),
        "server");
  }

  private String javaOptions() {
    return provider.equals("BoringSSL")
        ? "--module-path=" + BORINGSSL + " --add-modules=ALL-MODULE-PATH"
        : "";
  }

  private String curl(int port, String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("curl", "-sS", "-m", "20", "--cacert", file("server.pem")));
    command.addAll(List.of(options));
    command.add("https://127.0.0.1:" + port + "/");
    return run(command.toArray(String[]::new));
  }

  @Test
  void bothSidesSpeakTlsAndANewCertificateIsTakenOver() throws Exception {
    int port = Nginx.freePort();
    nginx = nginx(port, 1_000_000);
    try (Image image = serve(port)) {
      int secure = image.securePort();
      assertThat(image.output()).contains("(" + provider + ")");
      assertThat(curl(secure)).isEqualTo("CN=client HTTP/2.0");
      assertThat(curl(secure, "--http1.1", "-i")).startsWith("HTTP/1.1 200");

      replace("server.key", "next.key");
      replace("server.pem", "next.pem");
      image.await(Pattern.compile("the certificate of \\S+ is shown from now on"));
      // The backend's certificate was trusted by the same file, and no longer is.
      assertThat(curl(secure, "-k", "-i"))
          .contains("HTTP/2 502", "no secure connection to the backend");
    }
  }

  @Test
  void aClientThatNegotiatesAgainIsShownOut() throws Exception {
    int port = Nginx.freePort();
    nginx = nginx(port, 1_000_000);
    try (Image image = serve(port)) {
      int secure = image.securePort();
      for (String protocol : List.of("http/1.1", "h2")) {
        Process client =
            new ProcessBuilder(
                    "openssl",
                    "s_client",
                    "-tls1_2",
                    "-connect",
                    "127.0.0.1:" + secure,
                    "-alpn",
                    protocol)
                .redirectErrorStream(true)
                .start();
        try (OutputStream typed = client.getOutputStream()) {
          Reader shown = new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8);
          await(shown, "ALPN protocol: " + protocol);
          if (!protocol.equals("h2")) {
            typed.write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            typed.flush();
            await(shown, "CN=client HTTP/2.0");
          }
          typed.write("R\n".getBytes(StandardCharsets.UTF_8)); // renegotiate
          typed.flush();
          await(shown, "RENEGOTIATING");
          assertThat(client.waitFor(20, TimeUnit.SECONDS)).as("over, " + protocol).isTrue();
        } finally {
          client.destroy();
        }
      }
      assertThat(curl(secure)).isEqualTo("CN=client HTTP/2.0");
    }
  }

  private static void await(Reader shown, String text) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(text) < 0) {
      int next = shown.read();
      assertThat(next).as("%s in %s", text, read).isNotNegative();
      read.append((char) next);
    }
  }

  private void replace(String name, String by) throws IOException {
    Files.move(folder.resolve(by), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void connectionsThatEndInTheMiddleOfALoadFailNoRequest() throws Exception {
    int port = Nginx.freePort();
    nginx = nginx(port, 50);
    try (Image image = serve(port)) {
      String url = "https://127.0.0.1:" + image.securePort() + "/";
      assertThat(run("h2load", "-n", "20000", "-c", "2", "-m", "100", url))
          .contains(
              "Application protocol: h2", "20000 succeeded, 0 failed, 0 errored", "20000 2xx");
    }
  }

  @Test
  void aHundredThousandRequestsReuseTheirConnections() throws Exception {
    int port = Nginx.freePort();
    nginx = nginx(port, 1_000_000);
    try (Image image = serve(port)) {
      String url = "https://127.0.0.1:" + image.securePort() + "/";
      assertThat(run("h2load", "-n", "100000", "-c", "4", "-m", "100", url))
          .contains("100000 succeeded, 0 failed, 0 errored", "100000 2xx");
      assertThat(image.metric("upstream4j_backend_connections_opened_total"))
          .as("of 100,000 requests")
          .isBetween(1L, 100L);
    }
  }

  @Test
  void aFolderOfModulesBesideTheLauncherBringsBoringSsl() throws Exception {
    Path image = folder.resolve("image");
    Command.run("cp", "-al", Path.of("target/upstream").toString(), image.toString());
    if (provider.equals("BoringSSL")) {
      Command.run("cp", "-r", BORINGSSL.toString(), image.resolve("modules").toString());
    }
    Path config =
        Files.writeString(
            folder.resolve("u.yaml"),
            "upstreams: { api: { addrs: [\"127.0.0.1:1\"], health_check: none } }\n");
    assertThat(
            Command.run(image.resolve("bin/upstream").toString(), "check", "-c", config.toString()))
        .contains("TLS " + provider);
  }

  @Test
  void filesThatWillNotDoAreToldBeforeAnythingStarts() throws Exception {
    Files.writeString(
        folder.resolve("u.yaml"), "upstreams:\n  api:\n    addrs: [\"127.0.0.1:1\"]\n");
    Image.Finished wrong =
        Image.run(
            folder,
            "serve",
            "--config",
            file("u.yaml"),
            "--tls-listen",
            "127.0.0.1:0",
            "--tls-cert",
            file("server.pem"),
            "--tls-key",
            file("client.key"));
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(wrong.err()).contains("client.key: not the key of the first certificate of");
    Image.Finished half =
        Image.run(folder, "serve", "--config", file("u.yaml"), "--tls-cert", file("server.pem"));
    assertThat(half.status()).isEqualTo(2);
    assertThat(half.err()).contains("--tls-cert without the others");
  }
}
