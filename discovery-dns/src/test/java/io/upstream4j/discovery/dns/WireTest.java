package io.upstream4j.discovery.dns;

import static io.upstream4j.discovery.dns.FakeNames.a;
import static io.upstream4j.discovery.dns.FakeNames.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Tests queries to scripted servers. */
class WireTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Wire wire = new Wire();

  @AfterEach
  void close() {
    wire.close();
  }

  private ServerQueries queries(Duration timeout, TinyServer... servers) {
    List<InetSocketAddress> addresses = List.of(servers).stream().map(TinyServer::address).toList();
    return new ServerQueries(wire, addresses, timeout, 2, new Favourite());
  }

  private static String address(Answer answer) {
    return ((ARecord) answer.records().get(0)).getAddress().getHostAddress();
  }

  private static TinyServer.Behaviour always(String address) {
    return (question, from, reply) ->
        reply.send(TinyServer.answer(question, a("api.test", address, 60)).toWire());
  }

  private static TinyServer.Behaviour always(int code) {
    return (question, from, reply) -> reply.send(TinyServer.code(question, code).toWire());
  }

  @Test
  void forgedAnswersArePassedOver() throws IOException {
    Record forged = a("api.test", "6.6.6.6", 60);
    TinyServer.Behaviour behaviour =
        (question, from, reply) -> {
          try (DatagramSocket elsewhere = new DatagramSocket()) {
            byte[] wrongPort = TinyServer.answer(question, forged).toWire();
            elsewhere.send(new DatagramPacket(wrongPort, wrongPort.length, from));
          }
          Message wrongId = TinyServer.answer(question, forged);
          wrongId.getHeader().setID(question.getHeader().getID() ^ 1);
          reply.send(wrongId.toWire());
          Message other = Message.newQuery(Record.newRecord(name("x.test"), Type.A, DClass.IN));
          other.getHeader().setID(question.getHeader().getID());
          reply.send(TinyServer.answer(other, forged).toWire());
          Message type = Message.newQuery(Record.newRecord(name("api.test"), Type.MX, DClass.IN));
          type.getHeader().setID(question.getHeader().getID());
          reply.send(TinyServer.answer(type, forged).toWire());
          Message noAnswer = TinyServer.answer(question, forged);
          noAnswer.getHeader().unsetFlag(Flags.QR);
          reply.send(noAnswer.toWire());
          reply.send(new byte[] {1, 2, 3});
          reply.send(TinyServer.answer(question, a("api.test", "10.0.0.1", 60)).toWire());
        };
    try (TinyServer server = new TinyServer(behaviour)) {
      Answer answer = queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
      assertThat(server.questions()).hasSize(1);
    }
  }

  @Test
  void recordsOfOtherNamesInAnAnswerAreNotBelieved() throws IOException {
    TinyServer.Behaviour behaviour =
        (question, from, reply) ->
            reply.send(
                TinyServer.answer(
                        question, a("other.test", "6.6.6.6", 60), a("api.test", "10.0.0.1", 60))
                    .toWire());
    try (TinyServer server = new TinyServer(behaviour)) {
      Answer answer = queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(answer.records()).hasSize(1);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
    }
  }

  @Test
  void eachQuestionHasAPortAndAnIdOfItsOwn() throws IOException {
    try (TinyServer server = new TinyServer(always("10.0.0.1"))) {
      for (int i = 0; i < 200; i++) {
        queries(LONG, server).resolve(name("api.test"), Type.A);
      }
      List<Integer> ports =
          server.askers().stream().map(asker -> ((InetSocketAddress) asker).getPort()).toList();
      List<Integer> ids = server.questions().stream().map(q -> q.getHeader().getID()).toList();
      // Fewer than 190 distinct values of 200 drawn from 32,768 (ports) or 65,536 (ids) occur less
      // than once in 10^9.
      assertThat(ports.stream().distinct().count()).as("ports").isGreaterThanOrEqualTo(190);
      assertThat(ids.stream().distinct().count()).as("ids").isGreaterThanOrEqualTo(190);
      assertThat(steps(ports)).as("steps from port to port").hasSizeGreaterThan(150);
      assertThat(steps(ids)).as("steps from id to id").hasSizeGreaterThan(150);
    }
  }

  private static Set<Integer> steps(List<Integer> numbers) {
    return IntStream.range(1, numbers.size())
        .mapToObj(i -> numbers.get(i) - numbers.get(i - 1))
        .collect(Collectors.toSet());
  }

  @Test
  void questionsSayThatLongerAnswersAreWelcome() throws IOException {
    try (TinyServer server = new TinyServer(always("10.0.0.1"))) {
      queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(server.questions().get(0).getOPT().getPayloadSize()).isEqualTo(1232);
      assertThat(server.questions().get(0).getHeader().getFlag(Flags.RD)).isTrue();
    }
  }

  @Test
  void aServerOlderThanEdnsIsAskedWithoutIt() throws IOException {
    TinyServer.Behaviour old =
        (question, from, reply) ->
            (question.getOPT() == null ? always("10.0.0.1") : always(Rcode.FORMERR))
                .asked(question, from, reply);
    try (TinyServer server = new TinyServer(old)) {
      Answer answer = queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
      assertThat(server.questions()).hasSize(2);
    }
  }

  @Test
  void anAnswerThatWasCutShortIsAskedForOverTcp() throws IOException {
    TinyServer.Behaviour cut =
        (question, from, reply) -> {
          Message answer = TinyServer.answer(question, a("api.test", "6.6.6.6", 60));
          answer.getHeader().setFlag(Flags.TC);
          reply.send(answer.toWire());
        };
    try (TinyServer server = new TinyServer(cut, always("10.0.0.1"))) {
      Answer answer = queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
    }
  }

  @Test
  void aServerThatFailsIsPassedOverAtOnce() throws IOException {
    try (TinyServer failing = new TinyServer(always(Rcode.SERVFAIL));
        TinyServer good = new TinyServer(always("10.0.0.1"))) {
      Answer answer = queries(LONG, failing, good).resolve(name("api.test"), Type.A);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
    }
  }

  @Test
  void aServerThatRefersToOthersIsPassedOver() throws IOException {
    TinyServer.Behaviour lame =
        (question, from, reply) -> {
          Message referral = TinyServer.answer(question);
          referral.getHeader().unsetFlag(Flags.AA);
          referral.addRecord(
              new NSRecord(name("test"), DClass.IN, 60, name("a.root")), Section.AUTHORITY);
          reply.send(referral.toWire());
        };
    try (TinyServer server = new TinyServer(lame);
        TinyServer good = new TinyServer(always("10.0.0.1"))) {
      assertThat(address(queries(LONG, server, good).resolve(name("api.test"), Type.A)))
          .isEqualTo("10.0.0.1");
      assertThatThrownBy(() -> queries(LONG, server).resolve(name("api.test"), Type.A))
          .hasMessageEndingWith("does not know the name, and refers to other servers");
    }
  }

  @Test
  void whenAllServersFailEachIsNamedWithItsReason() throws IOException {
    try (TinyServer failing = new TinyServer(always(Rcode.SERVFAIL));
        TinyServer refusing = new TinyServer(always(Rcode.REFUSED))) {
      assertThatThrownBy(() -> queries(LONG, failing, refusing).resolve(name("a.test"), Type.A))
          .isNotInstanceOf(UnreachableException.class)
          .hasMessage(
              "cannot look up A of a.test: 127.0.0.1:%d: answered SERVFAIL;"
                      .formatted(failing.address().getPort())
                  + " 127.0.0.1:%d: answered REFUSED".formatted(refusing.address().getPort()));
      assertThat(failing.questions()).hasSize(1);
    }
  }

  @Test
  void aSilentServerIsAskedAgainAfterTheOthersAndTheOneThatAnsweredComesFirstNextTime()
      throws IOException {
    try (TinyServer silent = new TinyServer((question, from, reply) -> {});
        TinyServer good = new TinyServer(always("10.0.0.1"))) {
      ServerQueries queries = queries(Duration.ofMillis(100), silent, good);
      queries.resolve(name("api.test"), Type.A);
      queries.resolve(name("api.test"), Type.A);
      assertThat(silent.questions()).hasSize(1);
      assertThat(good.questions()).hasSize(2);
      assertThatThrownBy(
              () -> queries(Duration.ofMillis(50), silent).resolve(name("a.test"), Type.A))
          .isInstanceOf(UnreachableException.class)
          .hasMessageEndingWith("no answer within 50 ms");
      assertThat(silent.questions()).hasSize(3); // two attempts
    }
  }

  @Test
  void anAliasThatLeadsElsewhereIsFollowedWithAnotherQuestion() throws IOException {
    TinyServer.Behaviour behaviour =
        (question, from, reply) -> {
          Record record =
              question.getQuestion().getName().equals(name("api.test"))
                  ? new CNAMERecord(name("api.test"), DClass.IN, 7, name("far.example"))
                  : a("far.example", "10.0.0.1", 60);
          reply.send(TinyServer.answer(question, record).toWire());
        };
    try (TinyServer server = new TinyServer(behaviour)) {
      Answer answer = queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(address(answer)).isEqualTo("10.0.0.1");
      assertThat(answer.ttlSeconds()).isEqualTo(7);
    }
  }

  /** Creates a server with a chain of aliases n0, n1 … of a given length. */
  private static TinyServer.Behaviour chain(int links, boolean inOneAnswer, String end) {
    return (question, from, reply) -> {
      String asked = question.getQuestion().getName().toString(true);
      int first = Integer.parseInt(asked.substring(1, asked.indexOf('.')));
      List<Record> records = new ArrayList<>();
      for (int i = first; i < (inOneAnswer ? links : Math.min(links, first + 1)); i++) {
        Name target = i + 1 == links ? name(end) : name("n" + (i + 1) + ".test");
        records.add(new CNAMERecord(name("n" + i + ".test"), DClass.IN, 60, target));
      }
      records.add(a("n" + links + ".test", "10.0.0.1", 60));
      reply.send(TinyServer.answer(question, records.toArray(Record[]::new)).toWire());
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aliasesInACircleAreAnError(boolean inOneAnswer) throws IOException {
    try (TinyServer server = new TinyServer(chain(3, inOneAnswer, "n0.test"))) {
      assertThatThrownBy(() -> queries(LONG, server).resolve(name("n0.test"), Type.A))
          .hasMessage("aliases run in a circle: n0.test. -> n1.test. -> n2.test. -> n0.test.");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sixteenAliasesAreFollowedAndNoMore(boolean inOneAnswer) throws IOException {
    try (TinyServer server = new TinyServer(chain(16, inOneAnswer, "n16.test"))) {
      assertThat(queries(LONG, server).resolve(name("n0.test"), Type.A).records()).hasSize(1);
    }
    try (TinyServer server = new TinyServer(chain(17, inOneAnswer, "n17.test"))) {
      assertThatThrownBy(() -> queries(LONG, server).resolve(name("n0.test"), Type.A))
          .hasMessageStartingWith("more than 16 aliases: n0.test. -> n1.test.");
    }
  }

  @Test
  void aTimeToLiveOfMoreThanThirtyOneBitsIsNone() throws IOException {
    TinyServer.Behaviour behaviour =
        (question, from, reply) -> {
          byte[] answer =
              TinyServer.answer(question, a("api.test", "10.0.0.1", 0x7f010203L)).toWire();
          for (int i = 0; i + 3 < answer.length; i++) {
            if (answer[i] == 0x7f && answer[i + 1] == 1 && answer[i + 2] == 2) {
              answer[i] = (byte) 0xff; // RFC 2181, section 8
            }
          }
          reply.send(answer);
        };
    try (TinyServer server = new TinyServer(behaviour)) {
      assertThat(queries(LONG, server).resolve(name("api.test"), Type.A).ttlSeconds()).isZero();
    }
  }

  @Test
  void aCloseEndsAQuestionUnderWay() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (TinyServer silent = new TinyServer((question, from, reply) -> asked.countDown())) {
      CompletableFuture<Throwable> ended =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  queries(LONG, silent).resolve(name("api.test"), Type.A);
                  return new AssertionError("answered");
                } catch (IOException e) {
                  return e;
                }
              });
      assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
      wire.close();
      assertThat(ended.get(10, TimeUnit.SECONDS)).isInstanceOf(UnreachableException.class);
    }
  }

  @Test
  void noThreadOfTheLibraryIsLeftBehind() throws IOException {
    try (TinyServer server = new TinyServer(always("10.0.0.1"))) {
      queries(LONG, server).resolve(name("api.test"), Type.A);
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(thread -> thread.getName().toLowerCase(Locale.ROOT))
          .noneMatch(thread -> thread.contains("dnsjava"));
    }
  }
}
