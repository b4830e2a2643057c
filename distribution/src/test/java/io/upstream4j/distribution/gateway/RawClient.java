package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A client on a plain socket whose bytes a test controls. */
final class RawClient implements AutoCloseable {
  /** A response. Names of headers are in lower case, and several values are joined with a bar. */
  record Response(int status, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.get(name);
    }
  }

  final Socket socket = new Socket();
  final InputStream in;

  RawClient(InetSocketAddress address) throws IOException {
    socket.connect(address);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  RawClient send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  /** Reads a response to a method other than HEAD. */
  Response receive() throws IOException {
    return receive(false);
  }

  Response receiveHead() throws IOException {
    return receive(true);
  }

  private Response receive(boolean toHead) throws IOException {
    String line = TestBackend.line(in);
    int status = Integer.parseInt(line.split(" ")[1]);
    Map<String, String> headers = new LinkedHashMap<>();
    for (String next = TestBackend.line(in); !next.isEmpty(); next = TestBackend.line(in)) {
      int colon = next.indexOf(':');
      headers.merge(
          next.substring(0, colon).toLowerCase(Locale.ROOT),
          next.substring(colon + 1).strip(),
          (a, b) -> a + "|" + b);
    }
    String body = "";
    if (!toHead && status >= 200 && status != 204 && status != 304) {
      body = body(headers);
    }
    return new Response(status, headers, body);
  }

  private String body(Map<String, String> headers) throws IOException {
    String length = headers.get("content-length");
    if (length != null) {
      byte[] bytes = in.readNBytes(Integer.parseInt(length));
      if (bytes.length != Integer.parseInt(length)) {
        throw new IOException("cut off after " + bytes.length + " bytes");
      }
      return new String(bytes, ISO_8859_1);
    }
    if ("chunked".equals(headers.get("transfer-encoding"))) {
      return chunked(headers);
    }
    return new String(in.readAllBytes(), ISO_8859_1);
  }

  private String chunked(Map<String, String> headers) throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(TestBackend.line(in), 16);
      if (size == 0) {
        for (String next = TestBackend.line(in); !next.isEmpty(); next = TestBackend.line(in)) {
          int colon = next.indexOf(':');
          headers.put("trailer:" + next.substring(0, colon), next.substring(colon + 1).strip());
        }
        return whole.toString(ISO_8859_1);
      }
      whole.writeBytes(in.readNBytes(size));
      TestBackend.line(in);
    }
  }

  /** Returns whether the gateway closes the connection without sending anything. */
  boolean isClosedByPeer() throws IOException {
    return in.read() < 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
