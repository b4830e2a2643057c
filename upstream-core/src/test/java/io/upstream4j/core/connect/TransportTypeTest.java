package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TransportTypeTest {
  /** Those that this machine has: a kernel may forbid io_uring, and other systems have NIO only. */
  static Stream<TransportType> available() {
    return Arrays.stream(TransportType.values()).filter(type -> type.unavailable().isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void eachIsUsedOrSaysWhyNot(TransportType type) throws Exception {
    Optional<String> reason = type.unavailable();
    if (reason.isPresent()) {
      assertThatThrownBy(() -> new Connector(1, type))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("transport: " + type + " is not to be had here: " + reason.get())
          .hasMessageContaining("(expected: ");
      return;
    }
    try (ScriptedServer server = ScriptedServer.answering("hello");
        Connector connector = new Connector(1, type)) {
      assertThat(connector.transport()).isEqualTo(type);
      assertThat(Call.fetch(connector, Peers.of(server.port()), "/").text()).isEqualTo("hello");
    }
  }
}
