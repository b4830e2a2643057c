package io.upstream4j.core.connect;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on a real socket that does to each connection what a script says. */
final class ScriptedServer implements AutoCloseable {
  /** What happens on one connection, which is closed at the end. */
  interface Script {
    void run(Connection connection) throws Exception;
  }

  /** One accepted connection. */
  static final class Connection implements AutoCloseable {
    final Socket socket;
    final int number;
    private final InputStream in;
    private final OutputStream out;
    private final CountDownLatch stopped;

    Connection(Socket socket, int number, CountDownLatch stopped) throws IOException {
      this.socket = socket;
      this.number = number;
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
      this.stopped = stopped;
    }

    void send(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    void send(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    void ok(String body) throws IOException {
      send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    /** Reads until the end of a head, which it returns; empty when the client has closed. */
    String readHead() throws IOException {
      StringBuilder head = new StringBuilder();
      while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
        int next = in.read();
        if (next < 0) {
          return "";
        }
        head.append((char) next);
      }
      return head.toString();
    }

    String readLine() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
        if (next != '\r') {
          line.append((char) next);
        }
      }
      return line.toString();
    }

    int readBytes(int count) throws IOException {
      return in.readNBytes(count).length;
    }

    /** Waits for the client to close; how many bytes came before. */
    long readToEnd() {
      long count = 0;
      byte[] buffer = new byte[8_192];
      try {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          count += n;
        }
      } catch (IOException e) {
        // A reset is an end too.
        return count;
      }
      return count;
    }

    /** Ends the connection with a reset instead of a goodbye. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }

    /** Does nothing until the server is closed. */
    void stall() throws InterruptedException {
      stopped.await();
    }
  }

  final AtomicInteger accepted = new AtomicInteger();
  final List<Throwable> errors = new CopyOnWriteArrayList<>();
  private final ServerSocket listener;
  private final Script script;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final CountDownLatch stopped = new CountDownLatch(1);

  ScriptedServer(Script script) {
    this(script, 0);
  }

  ScriptedServer(Script script, int receiveBufferBytes) {
    this(script, listen(receiveBufferBytes));
  }

  private static ServerSocket listen(int receiveBufferBytes) {
    try {
      ServerSocket listener = new ServerSocket();
      if (receiveBufferBytes > 0) {
        listener.setReceiveBufferSize(receiveBufferBytes);
      }
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
      return listener;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ScriptedServer(Script script, ServerSocket listener) {
    this.script = script;
    this.listener = listener;
    Thread acceptor = new Thread(this::accept, "scripted-acceptor");
    acceptor.setDaemon(true);
    acceptor.start();
  }

  /** Answers every request on every connection with 200 and the same body. */
  static ScriptedServer answering(String body) {
    return new ScriptedServer(
        connection -> {
          while (!connection.readHead().isEmpty()) {
            connection.ok(body);
          }
        });
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        Connection connection = new Connection(socket, accepted.incrementAndGet(), stopped);
        Thread thread = new Thread(() -> serve(connection), "scripted-connection");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Connection connection) {
    try (connection) {
      script.run(connection);
    } catch (IOException e) {
      // The client went away.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception | AssertionError e) {
      errors.add(e);
    }
  }

  @Override
  public void close() throws IOException {
    stopped.countDown();
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
