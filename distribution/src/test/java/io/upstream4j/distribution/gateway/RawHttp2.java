package io.upstream4j.distribution.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** An HTTP/2 client (RFC 9113) whose frames a test controls, valid or not. */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RESET = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int PROTOCOL_ERROR = 1;
  static final int ENHANCE_YOUR_CALM = 11;

  /** A received frame. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    /** Returns the code of RST_STREAM, or that of GOAWAY, which follows the last stream. */
    int error() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }

    boolean endsStream() {
      return (flags & END_STREAM) != 0;
    }
  }

  private final Socket socket = new Socket();
  private final DataInputStream in;

  RawHttp2(InetSocketAddress address) throws IOException {
    socket.connect(address);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
  }

  /** Sends the preface and settings. */
  RawHttp2 greet() throws IOException {
    send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
    return frame(SETTINGS, 0, 0);
  }

  RawHttp2 send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  RawHttp2 frame(int type, int flags, int stream, byte... payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.putInt(payload.length << 8 | type).put((byte) flags).putInt(stream).put(payload);
    return send(frame.array());
  }

  /** Sends a request without a body; the headers are pairs of names and values. */
  RawHttp2 get(int stream, String path, String... headers) throws IOException {
    return request(stream, END_STREAM | END_HEADERS, "GET", path, headers);
  }

  RawHttp2 request(int stream, int flags, String method, String path, String... headers)
      throws IOException {
    String[] all = new String[8 + headers.length];
    String[] pseudo = {":method", method, ":scheme", "http", ":authority", "host", ":path", path};
    System.arraycopy(pseudo, 0, all, 0, 8);
    System.arraycopy(headers, 0, all, 8, headers.length);
    return frame(HEADERS, flags, stream, fields(all));
  }

  /** Encodes literal fields without indexing (RFC 7541, section 6.2.2), shorter than 127 bytes. */
  static byte[] fields(String... namesAndValues) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < namesAndValues.length; i++) {
      if (i % 2 == 0) {
        block.write(0);
      }
      byte[] text = namesAndValues[i].getBytes(ISO_8859_1);
      block.write(text.length);
      block.writeBytes(text);
    }
    return block.toByteArray();
  }

  Frame next() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, in.readNBytes(length));
  }

  /** Returns the next frame of a type, and skips others. */
  Frame next(int type) throws IOException {
    while (true) {
      Frame frame = next();
      if (frame.type() == type) {
        return frame;
      }
    }
  }

  /** Returns the end of a stream: its last frame or its reset. */
  Frame end(int stream) throws IOException {
    while (true) {
      Frame frame = next();
      if (frame.stream() == stream && (frame.endsStream() || frame.type() == RESET)) {
        return frame;
      }
    }
  }

  /**
   * Waits until the gateway ends the connection. Returns the error of the last GOAWAY, or -1
   * without one.
   */
  int awaitEnd() throws IOException {
    int error = -1;
    try {
      while (true) {
        Frame frame = next();
        if (frame.type() == GOAWAY) {
          error = frame.error();
        }
      }
    } catch (EOFException | java.net.SocketException e) {
      return error;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
