package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A clear-text HTTP/2 backend whose frames a test controls. */
final class Http2Backend implements AutoCloseable {
  /** Handles the head of a request. */
  interface Service {
    void serve(Call call) throws IOException;
  }

  /** A request. */
  record Call(OutputStream out, int stream) {
    /** Sends a head or trailers; the fields are pairs of names and values. */
    Call head(int flags, String... fields) throws IOException {
      return frame(RawHttp2.HEADERS, flags | RawHttp2.END_HEADERS, RawHttp2.fields(fields));
    }

    Call data(int flags, String text) throws IOException {
      return frame(RawHttp2.DATA, flags, text.getBytes(ISO_8859_1));
    }

    private Call frame(int type, int flags, byte[] payload) throws IOException {
      send(out, type, flags, stream, payload);
      return this;
    }
  }

  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Service service;

  Http2Backend(Service service) throws IOException {
    this.service = service;
    listener = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** Returns a gateway in front of this backend, with a health check. */
  TestGateway gateway(String healthCheck) throws InterruptedException {
    return TestGateway.of(
        "upstreams:\n  api:\n    alpn: H2\n    health_check: "
            + healthCheck
            + "\n    addrs: [\"127.0.0.1:"
            + listener.getLocalPort()
            + "\"]\n");
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "http2-backend");
    thread.setDaemon(true);
    thread.start();
  }

  private static void send(OutputStream out, int type, int flags, int stream, byte[] payload)
      throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    out.write(frame.array());
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
      open.clear(); // the test is over
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      in.readNBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length());
      send(out, RawHttp2.SETTINGS, 0, 0, new byte[0]);
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        in.readNBytes(length);
        if (type == RawHttp2.SETTINGS && (flags & 1) == 0) {
          send(out, RawHttp2.SETTINGS, 1, 0, new byte[0]);
        } else if (type == RawHttp2.HEADERS) {
          service.serve(new Call(out, stream));
        }
      }
    } catch (IOException e) {
      open.remove(socket); // closed by the gateway
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
