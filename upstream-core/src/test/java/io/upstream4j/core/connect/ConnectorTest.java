package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import io.upstream4j.core.peer.HttpPeer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectorTest {
  private final Connector connector = new Connector(2);

  @AfterEach
  void close() {
    connector.close();
  }

  @Test
  void aRequestGetsItsResponseAndTheNextUsesTheSameConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.answering("hello")) {
      HttpPeer peer = Peers.of(server.port());

      Call.Response first = Call.fetch(connector, peer, "/");
      Call.Response second = Call.fetch(connector, peer, "/");

      assertThat(first.status()).isEqualTo(200);
      assertThat(first.text()).isEqualTo("hello");
      assertThat(first.reused()).isFalse();
      assertThat(second.text()).isEqualTo("hello");
      assertThat(second.reused()).isTrue();
      assertThat(server.accepted).hasValue(1);
    }
  }
}
