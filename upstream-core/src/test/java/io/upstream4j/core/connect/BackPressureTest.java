package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.upstream4j.core.peer.HttpPeer;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A caller that reads slowly slows the peer, not the memory. */
class BackPressureTest {
  @Test
  void aPeerThatSendsWithoutEndIsHeldBackByACallerThatDoesNotAsk() throws Exception {
    AtomicLong sent = new AtomicLong();
    byte[] block = new byte[64 * 1024];
    try (Connector connector = new Connector(1);
        ScriptedServer server =
            new ScriptedServer(
                connection -> {
                  connection.readHead();
                  connection.send("HTTP/1.1 200 OK\r\n\r\n");
                  while (sent.get() < 1L << 30) {
                    connection.send(block);
                    sent.addAndGet(block.length);
                  }
                })) {
      HttpPeer peer = Peers.of(server.port());
      HttpStream stream = Call.open(connector, peer);
      AtomicLong received = new AtomicLong();
      Call lazy =
          new Call(stream) {
            @Override
            public void onPart(HttpObject part) {
              if (part instanceof HttpContent content) {
                received.addAndGet(content.content().readableBytes());
              }
              super.onPart(part);
            }

            @Override
            public void onReadComplete() {}
          };
      stream.begin(Call.get("/"), lazy);
      stream.flush();
      stream.read();
      // The server's send blocks once the sockets' buffers are full: then nothing moves any more.
      Await.until(
          "a beginning",
          () -> {
            stream.read(); // the first may have brought no more than the head
            return received.get() > 0;
          });
      Await.until("the server is held back", new Standstill(sent));

      assertThat(received.get()).as("one read's worth").isLessThanOrEqualTo(4 * 64 * 1024);
      assertThat(sent.get()).as("what the sockets hold").isLessThan(64L << 20);

      long before = received.get();
      stream.read();
      Await.until("more comes when asked for", () -> received.get() > before);
      stream.cancel();
    }
  }

  /** True when a counter has not moved for a hundred looks. */
  private static final class Standstill implements java.util.function.BooleanSupplier {
    private final AtomicLong counter;
    private long last = -1;
    private int looks;

    Standstill(AtomicLong counter) {
      this.counter = counter;
    }

    @Override
    public boolean getAsBoolean() {
      long now = counter.get();
      looks = now == last ? looks + 1 : 0;
      last = now;
      return looks > 100;
    }
  }
}
