package io.upstream4j.discovery.dns;

import io.upstream4j.testserver.Named;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/** A name server over UDP and TCP with scripted behaviour. */
final class TinyServer implements AutoCloseable {
  /** Handles questions. */
  interface Behaviour {
    /**
     * Handles a question.
     *
     * @param reply sends a message back
     */
    void asked(Message question, SocketAddress from, Reply reply) throws IOException;
  }

  /** Sends a message to the sender of the question. */
  interface Reply {
    void send(byte[] message) throws IOException;
  }

  private final Behaviour udp;
  private final Behaviour tcp;
  private final DatagramSocket datagrams;
  private final ServerSocket connections;
  private final List<Message> questions = new CopyOnWriteArrayList<>();
  private final List<SocketAddress> askers = new CopyOnWriteArrayList<>();

  TinyServer(Behaviour udp, Behaviour tcp) throws IOException {
    this.udp = udp;
    this.tcp = tcp;
    InetAddress loopback = InetAddress.getLoopbackAddress();
    int port = Named.freePort();
    this.datagrams = new DatagramSocket(port, loopback);
    this.connections = new ServerSocket(port, 10, loopback);
    run(this::serveUdp);
    run(this::serveTcp);
  }

  /** Creates a server that answers over UDP only. */
  TinyServer(Behaviour udp) throws IOException {
    this(udp, (question, from, reply) -> {});
  }

  private interface Service {
    void serve() throws IOException;
  }

  private static void run(Service service) {
    Thread thread =
        new Thread(
            () -> {
              try {
                service.serve();
              } catch (IOException e) {
                // closed at the end of the test
              }
            },
            "tiny-name-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void serveUdp() throws IOException {
    while (true) {
      DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
      datagrams.receive(packet);
      byte[] bytes = new byte[packet.getLength()];
      System.arraycopy(packet.getData(), 0, bytes, 0, bytes.length);
      SocketAddress from = packet.getSocketAddress();
      Message question = new Message(bytes);
      questions.add(question);
      askers.add(from);
      udp.asked(
          question,
          from,
          answer -> datagrams.send(new DatagramPacket(answer, answer.length, from)));
    }
  }

  private void serveTcp() throws IOException {
    while (true) {
      try (Socket socket = connections.accept()) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] bytes = new byte[in.readUnsignedShort()];
        in.readFully(bytes);
        tcp.asked(
            new Message(bytes),
            socket.getRemoteSocketAddress(),
            answer -> {
              socket
                  .getOutputStream()
                  .write(new byte[] {(byte) (answer.length >> 8), (byte) answer.length});
              socket.getOutputStream().write(answer);
            });
      }
    }
  }

  /** Returns an answer to a question, with records for its name. */
  static Message answer(Message question, Record... records) {
    Message answer = new Message(question.getHeader().getID());
    answer.getHeader().setFlag(Flags.QR);
    answer.getHeader().setFlag(Flags.AA);
    answer.addRecord(question.getQuestion(), Section.QUESTION);
    for (Record record : records) {
      answer.addRecord(record, Section.ANSWER);
    }
    return answer;
  }

  /** Returns an answer without records, with a response code. */
  static Message code(Message question, int code) {
    Message answer = answer(question);
    answer.getHeader().setRcode(code);
    return answer;
  }

  InetSocketAddress address() {
    return (InetSocketAddress) datagrams.getLocalSocketAddress();
  }

  /** Returns the questions received over UDP. */
  List<Message> questions() {
    return questions;
  }

  /** Returns the addresses that sent them. */
  List<SocketAddress> askers() {
    return askers;
  }

  @Override
  public void close() throws IOException {
    datagrams.close();
    connections.close();
  }
}
