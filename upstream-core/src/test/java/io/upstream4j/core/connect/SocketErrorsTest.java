package io.upstream4j.core.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SocketErrorsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "finishConnect(..) failed with error(-111): Connection refused: /127.0.0.1:9 | connection"
            + " refused",
        "Connection refused: getsockopt: localhost/127.0.0.1:9 | connection refused",
        "recvAddress(..) failed with error(-104): Connection reset by peer | connection reset by the"
            + " peer",
        "Connection reset | connection reset by the peer",
        "writevAddresses(..) failed with error(-32): Broken pipe | connection closed by the peer",
        "connect(..) failed with error(-101): Network is unreachable | network unreachable",
        "connect(..) failed with error(-2): No such file or directory: /x | no such socket",
        "setsockopt(..) failed with error(-22): Invalid argument | Invalid argument",
        "something else | something else"
      })
  void whatTheTransportSaysIsToldInWords(String message, String words) {
    assertThat(SocketErrors.reason(new IOException(message))).isEqualTo(words);
  }

  @Test
  void noNameOfAClassIsShownWhereThereAreWords() {
    assertThat(SocketErrors.reason(new NoRouteToHostException("No route to host")))
        .isEqualTo("no route to host");
    IOException wrapped = new IOException();
    wrapped.initCause(new ConnectException("Connection refused"));
    assertThat(SocketErrors.reason(wrapped)).isEqualTo("connection refused");
    assertThat(SocketErrors.reason(new FileNotFoundException())).isEqualTo("no such socket");
    assertThat(SocketErrors.reason(new ClosedChannelException())).isEqualTo("connection closed");
  }
}
