package io.upstream4j.distribution.acceptance;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Clients that send GET requests continuously on their own connections, and count responses by
 * body.
 */
final class Load implements AutoCloseable {
  private final Map<String, LongAdder> answers = new ConcurrentHashMap<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Thread> clients;
  private volatile boolean stopped;

  private Load(URI uri, int count) {
    clients = IntStream.range(0, count).mapToObj(i -> new Thread(() -> run(uri))).toList();
  }

  static Load start(URI uri, int clients) {
    Load load = new Load(uri, clients);
    load.clients.forEach(Thread::start);
    return load;
  }

  private void run(URI uri) {
    byte[] request = "GET / HTTP/1.1\r\nHost: load\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    try (Socket socket = new Socket(uri.getHost(), uri.getPort());
        InputStream in = new BufferedInputStream(socket.getInputStream())) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      while (!stopped) {
        socket.getOutputStream().write(request);
        String status = line(in);
        int length = 0;
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
          if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
            length = Integer.parseInt(header.substring(15).trim());
          }
        }
        byte[] bytes = in.readNBytes(length);
        String body = new String(bytes, StandardCharsets.US_ASCII).strip();
        if (bytes.length < length) {
          throw new EOFException("closed after " + bytes.length + " bytes of " + length);
        }
        if (status.startsWith("HTTP/1.1 200")) {
          answers.computeIfAbsent(body, any -> new LongAdder()).increment();
        } else {
          failures.add(status + " " + body);
        }
      }
    } catch (IOException e) {
      failures.add(e.toString());
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("closed after \"" + line + "\"");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  /** Returns the number of responses whose body is a port. */
  long answers(int port) {
    return answers(Integer.toString(port));
  }

  /** Returns the number of responses with this body, ignoring surrounding white space. */
  long answers(String body) {
    LongAdder count = answers.get(body);
    return count == null ? 0 : count.sum();
  }

  List<String> failures() {
    return failures;
  }

  void stop() throws InterruptedException {
    stopped = true;
    for (Thread client : clients) {
      client.join(TimeUnit.SECONDS.toMillis(30));
    }
  }

  @Override
  public void close() {
    stopped = true;
  }
}
