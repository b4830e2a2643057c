package io.upstream4j.core;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** A small HTTP/1.1 server on the loopback address, a thread for each connection. */
public final class TextServer implements AutoCloseable {
  /** Writes a response, or does not. */
  public interface Responder {
    void respond(String head, OutputStream out) throws IOException;
  }

  public final List<String> heads = new CopyOnWriteArrayList<>();
  public final List<Socket> accepted = new CopyOnWriteArrayList<>();
  final Semaphore requests = new Semaphore(0);
  public final Semaphore closed = new Semaphore(0);
  public volatile Responder responder = (head, out) -> write(out, response(200, "hello"));
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ServerSocket server;

  /**
   * @param port 0 for any
   */
  public TextServer(int port) throws IOException {
    server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    thread(this::accept).start();
  }

  public int port() {
    return server.getLocalPort();
  }

  public static String response(int status, String body) {
    return "HTTP/1.1 "
        + status
        + " Words\r\nContent-Type: text/plain\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  public static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "test-server");
    thread.setDaemon(true);
    return thread;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        accepted.add(socket);
        open.add(socket);
        thread(() -> serve(socket)).start();
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      StringBuilder head = new StringBuilder();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!line.isEmpty()) {
          head.append(line).append('\n');
          continue;
        }
        heads.add(head.toString());
        requests.release();
        responder.respond(head.toString(), socket.getOutputStream());
        if (head.toString().toLowerCase(Locale.ROOT).contains("connection: close")) {
          return;
        }
        head.setLength(0);
      }
    } catch (IOException e) {
      // the other end is gone, which is its right
    } finally {
      open.remove(socket);
      closed.release();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
