package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Receives requests, one per connection, and answers with the next given status, or else with 204.
 */
final class WebhookReceiver implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *([0-9]+)\r\n");

  /** The statuses of the next answers. The bodies of those requests are not recorded. */
  final Queue<Integer> answers = new ConcurrentLinkedQueue<>();

  /** The bodies of requests that were answered with 204. */
  final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();

  /** The heads of all requests. */
  final BlockingQueue<String> heads = new LinkedBlockingQueue<>();

  private final ServerSocket server;

  WebhookReceiver() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "webhook-receiver");
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return server.getLocalPort();
  }

  private void serve() {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        answer(socket);
      } catch (IOException e) {
        // The receiver was closed or the client left. Continue with the next connection.
      }
    }
  }

  private void answer(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return;
      }
      head.append((char) b);
    }
    Matcher length = LENGTH.matcher(head);
    String body =
        new String(in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0), UTF_8);
    heads.add(head.toString());
    Integer answer = answers.poll();
    if (answer == null) {
      bodies.add(body);
    }
    String status = "HTTP/1.1 " + (answer == null ? 204 : answer) + " -\r\n";
    socket
        .getOutputStream()
        .write((status + "Connection: close\r\nContent-Length: 0\r\n\r\n").getBytes(UTF_8));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
