package io.upstream4j.lb.consistent;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An nginx that returns which server of an upstream it picks for a key. The servers need not exist:
 * {@code $upstream_addr} begins with the first one tried.
 */
final class Nginx implements AutoCloseable {
  private final Path executable;
  private final Path folder;
  private final int port;

  private Nginx(Path executable, Path folder, int port) {
    this.executable = executable;
    this.folder = folder;
    this.port = port;
  }

  static Optional<Path> find() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Stream.of(path.split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Starts nginx and waits until it listens.
   *
   * @param upstreams the server lines of each upstream
   */
  static Nginx start(Path executable, Path folder, List<List<String>> upstreams)
      throws IOException, InterruptedException {
    int port = freePort();
    Nginx nginx = new Nginx(executable, folder, port);
    Files.writeString(folder.resolve("nginx.conf"), nginx.configuration(upstreams));
    nginx.run();
    return nginx;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String configuration(List<List<String>> upstreams) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        worker_processes 1;
        pid FOLDER/pid;
        error_log FOLDER/error.log crit;
        events { }
        http {
          access_log off;
          client_body_temp_path FOLDER/body;
          proxy_temp_path FOLDER/proxy;
          fastcgi_temp_path FOLDER/fastcgi;
          uwsgi_temp_path FOLDER/uwsgi;
          scgi_temp_path FOLDER/scgi;
          keepalive_requests 1000000;
          proxy_next_upstream off;
          proxy_connect_timeout 1s;
          add_header X-Picked $upstream_addr always;
        """
            .replace("FOLDER", folder.toString()));
    StringBuilder locations = new StringBuilder();
    for (int i = 0; i < upstreams.size(); i++) {
      text.append("  upstream u").append(i).append(" {\n    hash $arg_k consistent;\n");
      for (String server : upstreams.get(i)) {
        text.append("    server ").append(server).append(" max_fails=0;\n");
      }
      text.append("  }\n");
      locations.append("    location = /").append(i);
      locations.append(" { proxy_pass http://u").append(i).append("; }\n");
    }
    return text.append("  server {\n    listen 127.0.0.1:")
        .append(port)
        .append(";\n")
        .append(locations)
        .append("  }\n}\n")
        .toString();
  }

  private void run(String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(executable.toString());
    command.addAll(
        List.of("-p", folder.toString(), "-e", folder.resolve("error.log").toString(), "-c"));
    command.add(folder.resolve("nginx.conf").toString());
    command.addAll(List.of(more));
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException(command + " failed:\n" + Files.readString(output));
    }
  }

  /**
   * Returns the address that upstream number {@code upstream} picks for {@code key}, which is
   * URL-encoded.
   */
  String pick(int upstream, String key) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + port + "/" + upstream + "?k=" + key);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(20_000);
    connection.setReadTimeout(20_000);
    String picked = connection.getHeaderField("X-Picked");
    try (InputStream body = connection.getErrorStream()) {
      if (picked == null || body == null) {
        throw new IOException("no pick for " + uri + ": status " + connection.getResponseCode());
      }
      body.readAllBytes(); // so that the connection is reused
    }
    return picked;
  }

  @Override
  public void close() throws IOException {
    try {
      run("-s", "stop");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
