package io.upstream4j.discovery.dns;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/**
 * Sends one query to one server: over UDP, then over TCP if the answer was truncated. Blocks;
 * thread-safe.
 *
 * <p>Each query has an unpredictable port and id, and its socket receives packets of that server
 * only. Other packets are ignored instead of being accepted or treated as a failure (RFC 5452).
 */
final class Wire implements Closeable {
  /** The size that networks forward without fragmentation (DNS flag day 2020). */
  private static final int UDP_BYTES = 1232;

  private static final int MAX_MESSAGE_BYTES = 65_535;
  private static final int FIRST_PORT = 32_768;
  private static final int PORTS = 32_768;
  private static final int PORT_TRIES = 16;

  private final SecureRandom random = new SecureRandom();
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Queries a server.
   *
   * @param timeout the time limit of the answer; again when it has to be repeated over TCP
   * @param edns whether to announce that longer answers are accepted (RFC 6891)
   * @throws SocketTimeoutException when no answer arrived in time
   * @throws IOException when the server cannot be reached or does not speak DNS
   */
  Message ask(InetSocketAddress server, Name name, int type, Duration timeout, boolean edns)
      throws IOException {
    Message query = Message.newQuery(Record.newRecord(name, type, DClass.IN));
    query.getHeader().setID(random.nextInt(1 << 16));
    if (edns) {
      query.addRecord(new OPTRecord(UDP_BYTES, 0, 0), Section.ADDITIONAL);
    }
    Message answer = overUdp(server, query, timeout);
    return answer.getHeader().getFlag(Flags.TC) ? overTcp(server, query, timeout) : answer;
  }

  private Message overUdp(InetSocketAddress server, Message query, Duration timeout)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (DatagramSocket socket = bind()) {
      register(socket);
      try {
        socket.connect(server); // from now on the system drops packets of others
        byte[] question = query.toWire();
        socket.send(new DatagramPacket(question, question.length));
        DatagramPacket packet = new DatagramPacket(new byte[MAX_MESSAGE_BYTES], MAX_MESSAGE_BYTES);
        while (true) {
          socket.setSoTimeout(millisUntil(deadline));
          packet.setLength(MAX_MESSAGE_BYTES);
          socket.receive(packet);
          byte[] bytes = new byte[packet.getLength()];
          System.arraycopy(packet.getData(), 0, bytes, 0, bytes.length);
          Message answer = answer(query, bytes);
          if (answer != null) {
            return answer;
          }
        }
      } finally {
        open.remove(socket);
      }
    }
  }

  private DatagramSocket bind() throws SocketException {
    for (int i = 0; i < PORT_TRIES; i++) {
      try {
        return new DatagramSocket(FIRST_PORT + random.nextInt(PORTS));
      } catch (SocketException e) {
        // The port is in use; try another one.
      }
    }
    return new DatagramSocket();
  }

  private Message overTcp(InetSocketAddress server, Message query, Duration timeout)
      throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    try (Socket socket = new Socket()) {
      register(socket);
      try {
        socket.connect(server, millisUntil(deadline));
        socket.setTcpNoDelay(true);
        byte[] question = query.toWire(MAX_MESSAGE_BYTES);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        byte[] framed = new byte[question.length + 2];
        framed[0] = (byte) (question.length >> 8);
        framed[1] = (byte) question.length;
        System.arraycopy(question, 0, framed, 2, question.length);
        out.write(framed);
        byte[] length = read(socket, 2, deadline);
        byte[] bytes = read(socket, (length[0] & 0xff) << 8 | (length[1] & 0xff), deadline);
        Message answer = answer(query, bytes);
        if (answer == null) {
          throw new IOException("answered another question over TCP");
        }
        return answer;
      } finally {
        open.remove(socket);
      }
    }
  }

  private static byte[] read(Socket socket, int count, long deadline) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] bytes = new byte[count];
    int have = 0;
    while (have < count) {
      socket.setSoTimeout(millisUntil(deadline));
      int read = in.read(bytes, have, count - have);
      if (read < 0) {
        throw new IOException("closed the connection in the middle of its answer");
      }
      have += read;
    }
    return bytes;
  }

  /** Returns the message if it is the answer to the query, else null. */
  private static @Nullable Message answer(Message query, byte[] bytes) throws IOException {
    if (bytes.length < Header.LENGTH) {
      return null;
    }
    Header header = new Header(bytes);
    if (header.getID() != query.getHeader().getID()
        || !header.getFlag(Flags.QR)
        || header.getOpcode() != query.getHeader().getOpcode()) {
      return null;
    }
    Message answer = new Message(bytes);
    Record asked = query.getQuestion();
    Record answered = answer.getQuestion();
    if (answered == null) {
      // A server that does not understand a question may leave it out.
      return answer.getRcode() == 0 ? null : answer;
    }
    return answered.getName().equals(asked.getName())
            && answered.getType() == asked.getType()
            && answered.getDClass() == asked.getDClass()
        ? answer
        : null;
  }

  private static int millisUntil(long deadline) throws SocketTimeoutException {
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      throw new SocketTimeoutException("no answer in time");
    }
    return (int) Math.min(Integer.MAX_VALUE, NANOSECONDS.toMillis(left) + 1);
  }

  private void register(Closeable socket) throws IOException {
    open.add(socket);
    if (closed) {
      throw new SocketException("closed");
    }
  }

  /** Closes the open sockets, which fails the queries that use them. */
  @Override
  public void close() {
    closed = true;
    for (Closeable socket : open) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is no longer used.
      }
    }
  }
}
