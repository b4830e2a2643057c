package io.upstream4j.distribution.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.upstream4j.core.Upstreams;
import io.upstream4j.distribution.admin.MetricFamilies.Family;
import io.upstream4j.distribution.gateway.Gateway;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the limits on resources for many or slow clients of the admin address. */
@Timeout(120)
class AdminLoadTest {
  private static final String GET_METRICS = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n";
  private static final String CLOSE = "Connection: close\r\n";

  private final List<Socket> sockets = new ArrayList<>();
  private Upstreams upstreams;
  private Gateway gateway;
  private Admin admin;
  private InetSocketAddress address;

  @BeforeEach
  void start() {
    start(2);
  }

  private void start(int count) {
    StringBuilder yaml = new StringBuilder("upstreams:\n");
    for (int i = 0; i < count; i++) {
      yaml.append(
          "  u%1$d: { addrs: [\"10.0.0.1:%2$d\", \"10.0.0.2:%2$d\"], health_check: none }\n"
              .formatted(i, 1 + i));
    }
    upstreams = Upstreams.builder().load("load.yaml", yaml + "routes: [{ upstream: u0 }]\n");
    gateway = new Gateway(upstreams);
    admin =
        new Admin(
            upstreams, gateway, Optional.empty(), new EventLog(Object::toString), Optional.empty());
    address = admin.start("127.0.0.1", 0);
  }

  private void restart(int count) throws IOException {
    stop();
    start(count);
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    sockets.clear();
    admin.close();
    gateway.close();
    upstreams.close();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    sockets.add(socket);
    socket.setReceiveBufferSize(4 * 1024); // so that the system buffers little
    socket.connect(address);
    return socket;
  }

  private Socket send(String head) throws IOException {
    Socket socket = connect();
    socket.getOutputStream().write(head.getBytes(ISO_8859_1));
    return socket;
  }

  private static String all(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), UTF_8);
  }

  /** Returns the body of a response, in chunks or up to the end of the connection. */
  private static String body(String answer) {
    int start = answer.indexOf("\r\n\r\n") + 4;
    if (!answer.substring(0, start).toLowerCase().contains("transfer-encoding: chunked")) {
      return answer.substring(start);
    }
    StringBuilder body = new StringBuilder();
    while (true) {
      int line = answer.indexOf("\r\n", start);
      int length = Integer.parseInt(answer.substring(start, line), 16);
      if (length == 0) {
        return body.toString();
      }
      body.append(answer, line + 2, line + 2 + length); // one byte per character
      start = line + 2 + length + 2;
    }
  }

  @Test
  void aScrapeOfThousandsOfUpstreamsHoldsLittleHoweverSlowlyItIsRead() throws Exception {
    restart(5_000);
    Socket slow = send(GET_METRICS + CLOSE + "\r\n");
    List<Socket> others = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      others.add(send(GET_METRICS + "\r\n")); // never read
    }
    Socket state = send("GET /upstreams HTTP/1.1\r\nHost: localhost\r\n" + CLOSE + "\r\n");

    StringBuilder answer = new StringBuilder();
    byte[] some = new byte[8 * 1024];
    InputStream in = slow.getInputStream();
    long most = 0;
    for (int i = 0; i < 500; i++) {
      answer.append(new String(some, 0, in.read(some), UTF_8));
      most = Math.max(most, admin.mostUnsentBytes());
    }
    answer.append(all(slow));

    // The connection's limit, a piece, one unit of each, and the framing.
    assertThat(most)
        .isPositive()
        .isLessThan(Admin.MAX_UNSENT_BYTES + PieceSender.PIECE_BYTES + 16 * 1024);
    Map<String, Family> metrics = MetricFamilies.read(body(answer.toString()));
    assertThat(metrics.get("upstream4j_requests_total").samples()).hasSize(5_000);
    assertThat(metrics.get("upstream4j_backend_up").samples()).hasSize(10_000);
    assertThat(metrics.get("upstream4j_backend_connections_pending").samples()).hasSize(10_000);
    JsonNode json = new ObjectMapper().readTree(body(all(state)));
    assertThat(json.get("upstreams")).hasSize(5_000);
    assertThat(json.at("/upstreams/4999/backends")).hasSize(2);
    assertThat(others).allMatch(Socket::isConnected);
  }

  @Test
  void anUpstreamOfManyBackendsIsSentInPieces() throws Exception {
    StringBuilder yaml = new StringBuilder("health_check: none\naddrs:\n");
    for (int i = 1; i <= 5_000; i++) {
      yaml.append("- 10.0.0.1:").append(i).append('\n');
    }
    upstreams.put("u1", "test", yaml.toString());
    Socket slow = send("GET /upstreams/u1 HTTP/1.1\r\nHost: localhost\r\n" + CLOSE + "\r\n");

    StringBuilder answer = new StringBuilder();
    byte[] some = new byte[4 * 1024];
    long most = 0;
    for (int i = 0; i < 200; i++) {
      answer.append(new String(some, 0, slow.getInputStream().read(some), UTF_8));
      most = Math.max(most, admin.mostUnsentBytes());
    }
    answer.append(all(slow));

    assertThat(most)
        .isPositive()
        .isLessThan(Admin.MAX_UNSENT_BYTES + PieceSender.PIECE_BYTES + 16 * 1024);
    assertThat(new ObjectMapper().readTree(body(answer.toString())).get("backends")).hasSize(5_000);
  }

  @Test
  void answersInPiecesKeepTheConnectionAndTheirOrder() throws Exception {
    String get = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Socket socket =
        send(
            "HEAD /metrics"
                + get
                + "GET /upstreams"
                + get
                + "GET /events"
                + get
                + "GET /metrics"
                + get
                + "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                + CLOSE
                + "\r\n");

    String answers = all(socket);

    String[] each = answers.split("HTTP/1.1 ");
    assertThat(each).hasSize(6);
    assertThat(each[1]).startsWith("200 ").endsWith("\r\n\r\n").doesNotContain("# HELP");
    assertThat(each[2]).contains("\"upstreams\"");
    assertThat(each[3]).contains("\"refused\" : null");
    assertThat(each[4]).contains("# HELP upstream4j_requests_total");
    assertThat(each[5]).endsWith("ok\n");
  }

  @Test
  void aClientOfHttp10GetsTheBodyUpToTheEndOfTheConnection() throws Exception {
    String answer = all(send("GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"));

    assertThat(answer).doesNotContainIgnoringCase("transfer-encoding");
    assertThat(MetricFamilies.read(body(answer))).containsKey("upstream4j_backend_up");
  }

  @Test
  void connectionsBeyondALimitAreToldAndClosed() throws Exception {
    List<Socket> served = new ArrayList<>();
    for (int i = 0; i < AdminLimits.MAX_CONNECTIONS; i++) {
      served.add(send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      served.get(i).getInputStream().readNBytes(12);
    }

    String refused = all(send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"));

    assertThat(refused)
        .startsWith("HTTP/1.1 503 ")
        .contains("{\"error\": \"there are 64 connections to the admin address already (expected");
    for (int i = 0; i < 3 * AdminLimits.MAX_TURNED_AWAY; i++) {
      connect().getInputStream().read(); // so that each was accepted
    }
    for (Socket one : served) {
      one.close();
    }
    String answer = "";
    while (!answer.startsWith("HTTP/1.1 200 ")) { // until the ends of the others are noticed
      try {
        answer = all(send(GET_METRICS + CLOSE + "\r\n"));
      } catch (IOException e) {
        answer = ""; // closed without a response
      }
    }
    assertThat(
            MetricFamilies.read(body(answer))
                .get("upstream4j_admin_connections_refused_total")
                .samples()
                .get(0)
                .value()
                .intValue())
        .isGreaterThanOrEqualTo(1 + 3 * AdminLimits.MAX_TURNED_AWAY);
  }

  @Test
  void headsHaveBounds() throws Exception {
    String start = "GET /livez HTTP/1.1\r\nHost: localhost\r\n";
    String fields = "A: b\r\n".repeat(AdminHeaders.MAX_FIELDS - 2);
    assertThat(all(send(start + fields + CLOSE + "\r\n"))).startsWith("HTTP/1.1 200 ");
    assertThat(all(send(start + fields + "A: b\r\n" + CLOSE + "\r\n")))
        .startsWith("HTTP/1.1 431 ")
        .contains("expected: at most 8192 bytes and 200 fields");
    assertThat(all(send(start + "A: " + "b".repeat(8_192) + "\r\n\r\n")))
        .startsWith("HTTP/1.1 431 ");
    assertThat(all(send("GET /" + "a".repeat(4_096) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")))
        .startsWith("HTTP/1.1 414 ")
        .contains("expected: at most 4096 bytes");
  }

  @Test
  void requestsThatAreSentAheadHaveABound() throws Exception {
    String get = "GET /upstreams HTTP/1.1\r\nHost: localhost\r\n\r\n"; // uses a worker
    Socket socket = send(get.repeat(1_000));

    String answers = "";
    try {
      answers = all(socket);
    } catch (IOException e) {
      // Closed while data was unread.
    }

    assertThat(answers.split("HTTP/1.1 200").length).isLessThan(Admin.MAX_PIPELINED);
  }

  @Test
  void bodiesThatComeAtTheSameTimeHaveABoundTogether() throws Exception {
    String put =
        "PUT /upstreams/u1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n";
    int each = Admin.MAX_BODY_BYTES - 1;
    List<Socket> unfinished = new ArrayList<>();
    for (int i = 0; i <= AdminLimits.MAX_BODIES_BYTES / each; i++) { // one too many
      Socket socket = send(put + "Content-Length: " + (each + 1) + "\r\n\r\n");
      unfinished.add(socket);
    }
    for (Socket socket : unfinished) {
      try {
        socket.getOutputStream().write("#".repeat(each).getBytes(ISO_8859_1));
      } catch (IOException e) {
        // This one was refused.
      }
    }
    Socket refused = null;
    while (refused == null) {
      for (Socket socket : unfinished) {
        refused = socket.getInputStream().available() > 0 ? socket : refused;
      }
    }
    byte[] answer = refused.getInputStream().readNBytes(refused.getInputStream().available());
    assertThat(new String(answer, UTF_8))
        .startsWith("HTTP/1.1 503 ")
        .contains("too many bodies are sent at once (expected: at most 8388608 bytes");

    for (Socket socket : unfinished) {
      socket.close();
    }
    String other = "";
    while (!other.startsWith("HTTP/1.1 422 ")) { // once their ends are noticed
      other = all(send(put + CLOSE + "Content-Length: 64\r\n\r\n" + "#".repeat(64)));
    }
  }

  @Test
  void aRequestHasItsTimeToComeWhole() {
    EmbeddedChannel channel = new EmbeddedChannel(new RequestDeadline(60));
    channel.freezeTime();
    for (int i = 0; i < 59; i++) {
      channel.advanceTimeBy(1, TimeUnit.SECONDS);
      channel.writeInbound(new DefaultHttpContent(channel.alloc().buffer().writeByte('x')));
      channel.runScheduledPendingTasks();
    }
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isFalse();
    channel.releaseInbound();
  }

  @Test
  void anAnswerHasAsMuchTimeAsItTakesAndTheNextRequestItsOwn() {
    EmbeddedChannel channel = new EmbeddedChannel(new RequestDeadline(60));
    channel.freezeTime();
    channel.writeInbound(LastHttpContent.EMPTY_LAST_CONTENT);
    channel.advanceTimeBy(1, TimeUnit.HOURS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isTrue();

    channel.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
    channel.advanceTimeBy(59, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(channel.isOpen()).isFalse();
    channel.releaseOutbound();
  }
}
