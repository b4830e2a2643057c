package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A backend on a plain socket whose bytes a test controls. */
final class TestBackend implements AutoCloseable {
  /** Handles a request; the body is still unread. */
  interface Service {
    /** Returns whether the connection may serve another request. */
    boolean serve(Call call) throws Exception;
  }

  /** A received head. */
  record Head(String line, List<String> headers) {
    String header(String name) {
      List<String> values = all(name);
      return values.isEmpty() ? null : values.get(0);
    }

    List<String> all(String name) {
      List<String> values = new ArrayList<>();
      for (String header : headers) {
        int colon = header.indexOf(':');
        if (header.substring(0, colon).equalsIgnoreCase(name)) {
          values.add(header.substring(colon + 1).strip());
        }
      }
      return values;
    }
  }

  /** A request in progress. */
  static final class Call {
    final Head head;
    final InputStream in;
    final OutputStream out;

    /** The trailers, once the body was read. */
    final List<String> trailers = new ArrayList<>();

    Call(Head head, InputStream in, OutputStream out) {
      this.head = head;
      this.in = in;
      this.out = out;
    }

    /** Reads the whole body, which must have a length or be chunked. */
    byte[] body() throws IOException {
      if (head.header("transfer-encoding") != null) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        while (true) {
          int size = Integer.parseInt(line(in), 16);
          if (size == 0) {
            for (String next = line(in); !next.isEmpty(); next = line(in)) {
              trailers.add(next);
            }
            return whole.toByteArray();
          }
          whole.writeBytes(in.readNBytes(size));
          line(in);
        }
      }
      String length = head.header("content-length");
      return length == null ? new byte[0] : in.readNBytes(Integer.parseInt(length));
    }

    void send(String text) throws IOException {
      out.write(text.getBytes(ISO_8859_1));
      out.flush();
    }

    boolean answer(String body) throws IOException {
      send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
      return true;
    }
  }

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Service service;

  final BlockingQueue<Head> heads = new LinkedBlockingQueue<>();
  final AtomicInteger connections = new AtomicInteger();
  final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

  TestBackend(Service service) throws IOException {
    this.service = service;
    listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** Returns a backend that reads the body and answers with its length. */
  static TestBackend answering(String text) throws IOException {
    return new TestBackend(
        call -> {
          call.body();
          return call.answer(text);
        });
  }

  int port() {
    return listener.getLocalPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  Head nextHead() throws InterruptedException {
    Head head = heads.poll(10, TimeUnit.SECONDS);
    if (head == null) {
      throw new AssertionError("no request came");
    }
    return head;
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "test-backend");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        start(() -> serve(socket));
      }
    } catch (IOException e) {
      closed.add("listener");
    }
  }

  private void serve(Socket socket) {
    connections.incrementAndGet();
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      boolean again = true;
      while (again) {
        String first = line(in);
        List<String> headers = new ArrayList<>();
        for (String next = line(in); !next.isEmpty(); next = line(in)) {
          headers.add(next);
        }
        Head head = new Head(first, headers);
        heads.add(head);
        again = service.serve(new Call(head, in, socket.getOutputStream()));
      }
      closed.add("served");
    } catch (Exception e) {
      closed.add(String.valueOf(e.getMessage()));
    } finally {
      open.remove(socket);
    }
  }

  static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("end of input");
      }
      line.append((char) c);
    }
    if (line.length() == 0 || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("no CR LF at the end of " + line.toString().toLowerCase(Locale.ROOT));
    }
    return line.substring(0, line.length() - 1);
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
